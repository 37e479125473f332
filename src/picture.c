// SPDX-License-Identifier: LGPL-2.1-or-later

#include "picture.h"

void
ecbsr_picture_load (const EcbsrPlan *plan, const EcbsrPicture *picture,
                    guint c, guint x, guint y, guint n, Mapping mapping,
                    gfloat *dst)
{
  guint plane = plan->config.layout.component[c].plane;
  guint pixel_stride = plan->config.layout.component[c].pixel_stride;
  const guint8 *src = ecbsr_picture_at (picture, plane, x, y, pixel_stride);

  if (plan->config.sample == ECBSR_SAMPLE_F32)
    plan->kernels.affine_f32 (dst, (const gfloat *) (gconstpointer) src,
                              mapping.scale, mapping.bias, n);
  else
    plan->kernels.load_u8 (dst, src, pixel_stride,
                           plan->config.layout.component[c].offset,
                           mapping.scale, mapping.bias, n);
}

void
ecbsr_picture_load_luma (const EcbsrPlan *plan, const EcbsrPicture *picture,
                         guint x, guint y, guint n, gfloat *const rgb[3],
                         gfloat *dst)
{
  const Mapping none = { 1, 0 };
  gfloat weight[3];

  if (plan->config.layout.color == ECBSR_COLOR_YUV)
    {
      ecbsr_picture_load (plan, picture, 0, x, y, n, plan->to_net, dst);
      return;
    }
  for (guint c = 0; c < 3; c++)
    {
      ecbsr_picture_load (plan, picture, c, x, y, n, none, rgb[c]);
      weight[c] = (gfloat) plan->config.luma_weight[c] * plan->to_net.scale;
    }
  plan->kernels.luma_f32 (dst, (const gfloat *const *) rgb, weight,
                          plan->to_net.bias, n);
}

void
ecbsr_picture_store (const EcbsrPlan *plan, const EcbsrPicture *picture,
                     guint plane, guint x, guint y, guint n, Mapping mapping,
                     const gfloat *src)
{
  gboolean floats = plan->config.sample == ECBSR_SAMPLE_F32;
  guint8 *dst = ecbsr_picture_at (picture, plane, x, y,
                                  floats ? sizeof (gfloat) : 1);

  if (floats)
    plan->kernels.affine_f32 ((gfloat *) (gpointer) dst, src, mapping.scale,
                              mapping.bias, n);
  else
    plan->kernels.store_u8 (dst, src, mapping.scale, mapping.bias, n);
}
