// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The cubic upscale against its definition in double precision: Catmull-Rom at
// the place where each output sample lies, of luma and of chroma.

#include "ecbsr.h"
#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

#define LUMA_WIDTH 22
#define LUMA_HEIGHT 14

// Planes of floats: Y, then U and V of half the size.
typedef struct
{
  guint width, height; // of luma
  gfloat *plane[3];
} Floats;

static guint
plane_width (const Floats *f, guint c)
{
  return c ? (f->width + 1) / 2 : f->width;
}

static guint
plane_height (const Floats *f, guint c)
{
  return c ? (f->height + 1) / 2 : f->height;
}

static Floats
new_floats (guint width, guint height)
{
  Floats f = { .width = width, .height = height };

  for (guint c = 0; c < 3; c++)
    f.plane[c]
        = g_new0 (gfloat, (gsize) plane_width (&f, c) * plane_height (&f, c));
  return f;
}

static void
clear_floats (Floats *f)
{
  for (guint c = 0; c < 3; c++)
    g_free (f->plane[c]);
}

static EcbsrPicture
picture_of (const Floats *f)
{
  EcbsrPicture picture = { 0 };

  for (guint c = 0; c < 3; c++)
    {
      picture.plane[c] = (guint8 *) f->plane[c];
      picture.stride[c] = (gssize) plane_width (f, c) * 4;
    }
  return picture;
}

// Where chroma lies in its cell: in the input, and how much further in the output.
typedef struct
{
  guint scale;
  gdouble offset_x, offset_y;
  gdouble shift_x, shift_y;
} Case;

static Floats
upscale (const Floats *in, const Case *t)
{
  const guint scale = t->scale;
  const EcbsrPlanConfig config = {
    .width = in->width,
    .height = in->height,
    .sample = ECBSR_SAMPLE_F32,
    .layout = { .n_components = 3,
                .component = { { 0, 0, 4, 0, 0 },
                               { 1, 0, 4, 1, 1 },
                               { 2, 0, 4, 1, 1 } } },
    .white = 255,
    .chroma_offset_x = t->offset_x,
    .chroma_offset_y = t->offset_y,
    .chroma_shift_x = t->shift_x,
    .chroma_shift_y = t->shift_y,
    .n_threads = 1,
  };
  Floats out = new_floats (in->width * scale, in->height * scale);
  EcbsrPicture from = picture_of (in), to = picture_of (&out);
  const EcbsrRunParams params = { 1, 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrModel) cubic = ecbsr_model_new_cubic (scale);
  g_autoptr (EcbsrPlan) plan = ecbsr_plan_new (cubic, &config, &error);

  g_assert_no_error (error);
  ecbsr_plan_run (plan, &from, &to, &params);
  return out;
}

// Keys' kernel with a = -½, by its definition. MATLAB's bicubic is the same.
static gdouble
keys (gdouble x)
{
  const gdouble a = -0.5;
  const gdouble t = fabs (x);

  if (t <= 1)
    return (a + 2) * pow (t, 3) - (a + 3) * pow (t, 2) + 1;
  if (t < 2)
    return a * pow (t, 3) - 5 * a * pow (t, 2) + 8 * a * t - 4 * a;
  return 0;
}

// The plane's surface at (x, y), its border repeated.
static gdouble
surface (const Floats *f, guint c, gdouble x, gdouble y)
{
  const gint width = (gint) plane_width (f, c);
  const gint height = (gint) plane_height (f, c);
  gdouble sum = 0;

  for (gint j = (gint) floor (y) - 2; j <= (gint) floor (y) + 3; j++)
    for (gint i = (gint) floor (x) - 2; i <= (gint) floor (x) + 3; i++)
      sum += keys (x - i) * keys (y - j)
             * f->plane[c][CLAMP (j, 0, height - 1) * width
                           + CLAMP (i, 0, width - 1)];
  return sum;
}

// Where a sample lies, in units of luma samples of its own picture.
static gdouble
place (guint c, guint i, gdouble offset)
{
  return c ? 2 * (i + offset) - 0.5 : i;
}

// The same place in the smaller picture, in samples of component c.
static gdouble
source (guint c, guint i, guint scale, gdouble offset, gdouble shift)
{
  const gdouble luma = (place (c, i, offset + shift) + 0.5) / scale - 0.5;

  return c ? (luma + 0.5) / 2 - offset : luma;
}

static const Case cases[] = {
  { 1, 0.5, 0.5 },   { 2, 0.5, 0.5 },   { 3, 0.5, 0.5 },  { 4, 0.5, 0.5 },
  { 1, 0.25, 0.5 },  { 2, 0.25, 0.5 },  { 3, 0.25, 0.5 }, { 4, 0.25, 0.5 },
  { 2, 0.25, 0.25 }, { 3, 0.5, 0.25 },  { 4, 0, 1 },
  // From MPEG-2's siting to JPEG's, and back; from the middle to two beside.
  { 2, 0.25, 0.5, 0.25, 0 }, { 4, 0.5, 0.5, -0.25, 0 },
  { 3, 0.25, 0.25, -0.5, 0.25 },
};

static void
check_surface (const Floats *in, const Floats *out, const Case *t, guint c)
{
  for (guint y = 0; y < plane_height (out, c); y++)
    for (guint x = 0; x < plane_width (out, c); x++)
      {
        gdouble exact
            = surface (in, c, source (c, x, t->scale, t->offset_x, t->shift_x),
                       source (c, y, t->scale, t->offset_y, t->shift_y));
        gdouble found = out->plane[c][y * plane_width (out, c) + x];
        // Eight products of values up to 255 · 1.4².
        g_assert_cmpfloat (fabs (found - exact), <, 20 * 500 * 0x1p-24);
      }
}

static void
test_surface (gconstpointer data)
{
  const Case *t = data;
  GRand *rand = g_rand_new_with_seed (5);
  Floats in = new_floats (LUMA_WIDTH - 1, LUMA_HEIGHT - 1);
  Floats out;

  for (guint c = 0; c < 3; c++)
    for (guint i = 0; i < plane_width (&in, c) * plane_height (&in, c); i++)
      in.plane[c][i] = (gfloat) g_rand_double_range (rand, 0, 255);
  out = upscale (&in, t);
  for (guint c = 0; c < 3; c++)
    check_surface (&in, &out, t, c);
  clear_floats (&in);
  clear_floats (&out);
  g_rand_free (rand);
}

// A ramp over the picture, that luma and chroma sample each at its own places,
// is the same ramp over the upscaled one: chroma has not moved against luma.
static void
fill_ramp (Floats *f, gdouble offset_x, gdouble offset_y, gdouble step)
{
  for (guint c = 0; c < 3; c++)
    for (guint y = 0; y < plane_height (f, c); y++)
      for (guint x = 0; x < plane_width (f, c); x++)
        f->plane[c][y * plane_width (f, c) + x]
            = (gfloat) (step * (place (c, x, offset_x) + 0.5)
                        + 3 * step * (place (c, y, offset_y) + 0.5));
}

static void
test_ramp (gconstpointer data)
{
  const Case *t = data;
  Floats in = new_floats (LUMA_WIDTH, LUMA_HEIGHT);
  Floats expected = new_floats (LUMA_WIDTH * t->scale, LUMA_HEIGHT * t->scale);
  Floats out;

  fill_ramp (&in, t->offset_x, t->offset_y, t->scale);
  fill_ramp (&expected, t->offset_x + t->shift_x, t->offset_y + t->shift_y, 1);
  out = upscale (&in, t);
  for (guint c = 0; c < 3; c++)
    {
      guint border = 2 * t->scale; // where the picture ends, the ramp does
      guint width = plane_width (&out, c);
      for (guint y = border; y < plane_height (&out, c) - border; y++)
        for (guint x = border; x < width - border; x++)
          g_assert_cmpfloat (fabs (out.plane[c][y * width + x]
                                   - expected.plane[c][y * width + x]),
                             <, 1e-3);
    }
  clear_floats (&in);
  clear_floats (&expected);
  clear_floats (&out);
}

// Scale 1 is the picture itself, whatever the siting.
static void
test_scale_1 (void)
{
  const Case t = { 1, 0.25, 0.5, 0, 0 };
  Floats in = new_floats (LUMA_WIDTH, LUMA_HEIGHT);
  Floats out;

  for (guint c = 0; c < 3; c++)
    for (guint i = 0; i < plane_width (&in, c) * plane_height (&in, c); i++)
      in.plane[c][i] = (gfloat) (i * 37 % 251);
  out = upscale (&in, &t);
  for (guint c = 0; c < 3; c++)
    {
      gsize n_bytes
          = (gsize) plane_width (&in, c) * plane_height (&in, c) * 4;
      g_assert_cmpmem (in.plane[c], n_bytes, out.plane[c], n_bytes);
    }
  clear_floats (&in);
  clear_floats (&out);
}

// Phases mirror each other where samples lie in the middle of their cells. The
// one in the middle of an odd number is the sample itself.
static void
check_symmetry (const EcbsrCubic *f)
{
  for (guint p = 0; p < f->scale / 2; p++)
    for (guint t = 0; t < 4; t++)
      g_assert_cmpfloat_with_epsilon (f->tap[p][t],
                                      f->tap[f->scale - 1 - p][3 - t], 1e-7);
}

// Taps add up to 1, and none reaches beyond 2 samples.
static void
test_taps (void)
{
  static const gdouble offsets[] = { 0, 0.25, 0.5, 0.75, 1 };

  for (guint scale = 1; scale <= 4; scale++)
    for (guint o = 0; o < G_N_ELEMENTS (offsets); o++)
      {
        EcbsrCubic f;
        ecbsr_cubic_init (&f, scale, offsets[o], offsets[o]);
        g_assert_cmpuint (f.scale, ==, scale);
        for (guint p = 0; p < scale; p++)
          {
            const gfloat *tap = f.tap[p];
            g_assert_cmpfloat_with_epsilon (tap[0] + tap[1] + tap[2] + tap[3],
                                            1, 2e-7);
            g_assert_true (f.first[p] == -2 || f.first[p] == -1);
          }
        if (offsets[o] == 0.5)
          check_symmetry (&f);
      }
}

static void
add_cases (const gchar *name, GTestDataFunc func)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree gchar *path = g_strdup_printf (
          "/cubic/%s/x%u-%g-%g-%g-%g", name, cases[i].scale, cases[i].offset_x,
          cases[i].offset_y, cases[i].shift_x, cases[i].shift_y);
      g_test_add_data_func (path, &cases[i], func);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_cases ("surface", test_surface);
  add_cases ("ramp", test_ramp);
  g_test_add_func ("/cubic/scale-1", test_scale_1);
  g_test_add_func ("/cubic/taps", test_taps);
  return g_test_run ();
}
