// SPDX-License-Identifier: LGPL-2.1-or-later

#include "picture.h"

void
ecbsr_picture_load (const EcbsrPlan *plan, const EcbsrPicture *picture,
                    guint c, guint x, guint y, guint n, Mapping mapping,
                    gfloat *dst)
{
  const EcbsrKernels *kernels = &plan->kernels;
  const guint plane = plan->config.layout.component[c].plane;
  const guint pixel_stride = plan->config.layout.component[c].pixel_stride;
  const guint offset = plan->config.layout.component[c].offset;
  const guint8 *src = ecbsr_picture_at (picture, plane, x, y, pixel_stride);

  switch (plan->config.sample)
    {
    case ECBSR_SAMPLE_U8:
      kernels->load_u8 (dst, src, pixel_stride, offset, mapping.scale,
                        mapping.bias, n);
      break;
    case ECBSR_SAMPLE_U16:
      kernels->load_u16 (dst, src, pixel_stride / 2, offset / 2,
                         plan->config.shift, mapping.scale, mapping.bias, n);
      break;
    case ECBSR_SAMPLE_F32:
      kernels->affine_f32 (dst, (const gfloat *) (gconstpointer) src,
                           mapping.scale, mapping.bias, n);
      break;
    }
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
ecbsr_picture_mix_colors (const EcbsrPlan *plan, gfloat *const yuv[3], guint n,
                          gfloat *dst, gsize pitch)
{
  const Matrix *matrix = &plan->yuv_to_net;

  for (guint i = 0; i < 3; i++)
    plan->kernels.luma_f32 (dst + i * pitch, (const gfloat *const *) yuv,
                            matrix->weight[i], matrix->bias[i], n);
}

void
ecbsr_picture_load_colors (const EcbsrPlan *plan, const EcbsrPicture *picture,
                           guint x, guint y, guint n, gfloat *const rows[3],
                           gfloat *dst, gsize pitch)
{
  const Mapping none = { 1, 0 };
  const EcbsrLayout *layout = &plan->config.layout;
  const gboolean rgb = layout->color == ECBSR_COLOR_RGB;

  if (!rgb && layout->n_components > 1)
    {
      for (guint c = 0; c < 3; c++)
        ecbsr_picture_load (plan, picture, c, x, y, n, none, rows[c]);
      ecbsr_picture_mix_colors (plan, rows, n, dst, pitch);
      return;
    }
  for (guint c = 0; c < 3; c++) // grey: all the same
    ecbsr_picture_load (plan, picture, rgb ? c : 0, x, y, n, plan->to_net,
                        dst + c * pitch);
}

void
ecbsr_picture_store (const EcbsrPlan *plan, const EcbsrPicture *picture,
                     guint plane, guint x, guint y, guint n, Mapping mapping,
                     const gfloat *src)
{
  ecbsr_picture_round (
      plan, ecbsr_picture_at (picture, plane, x, y, plan->sample_size),
      mapping, src, n);
}

void
ecbsr_picture_round (const EcbsrPlan *plan, gpointer dst, Mapping mapping,
                     const gfloat *src, guint n)
{
  const EcbsrKernels *kernels = &plan->kernels;

  switch (plan->config.sample)
    {
    case ECBSR_SAMPLE_U8:
      kernels->store_u8 (dst, src, mapping.scale, mapping.bias, n);
      break;
    case ECBSR_SAMPLE_U16:
      kernels->store_u16 (dst, src, plan->config.depth, plan->config.shift,
                          mapping.scale, mapping.bias, n);
      break;
    case ECBSR_SAMPLE_F32:
      kernels->affine_f32 (dst, src, mapping.scale, mapping.bias, n);
      break;
    }
}

void
ecbsr_picture_merge (const EcbsrPlan *plan, gpointer dst,
                     gconstpointer const *src, guint k, guint n)
{
  if (plan->config.sample == ECBSR_SAMPLE_U16)
    plan->kernels.merge_u16 (dst, (const guint16 *const *) src, k, n);
  else
    plan->kernels.merge_u8 (dst, (const guint8 *const *) src, k, n);
}
