// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Replicated and mirrored borders: the same bits as of a picture that was continued so
// beforehand, so far that no zero reaches it; and what is flat stays flat. Every golden
// network, with the padding that is asked for, in every precision that it has.

#include "plan.h"

#include <string.h>

#define MAX_SIDE 512 // of a continued picture

typedef struct
{
  EcbsrModel *zero, *goes_on;
  EcbsrPrecision precision;
} Networks;

// --------------------------------------------------------------- networks --

// The model of a golden file, but for its padding.
static EcbsrModel *
load (const gchar *name, const gchar *padding)
{
  g_autofree gchar *file = g_strconcat (name, ".safetensors", NULL);
  g_autofree gchar *path
      = g_build_filename (g_getenv ("ECBSR_GOLDEN"), file, NULL);
  g_autofree gchar *entry
      = g_strdup_printf ("{\"__metadata__\":{\"padding\":\"%s\",", padding);
  const gsize n_opening = strlen ("{\"__metadata__\":{");
  g_autofree gchar *data = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) array = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  EcbsrModel *model;
  guint64 length;
  gsize size;

  g_file_get_contents (path, &data, &size, &error);
  g_assert_no_error (error);
  memcpy (&length, data, sizeof length);
  length = GUINT64_FROM_LE (length) - n_opening + strlen (entry);
  length = GUINT64_TO_LE (length);
  g_byte_array_append (array, (const guint8 *) &length, sizeof length);
  g_byte_array_append (array, (const guint8 *) entry, (guint) strlen (entry));
  g_byte_array_append (array, (const guint8 *) data + sizeof length + n_opening,
                       (guint) (size - sizeof length - n_opening));
  bytes = g_byte_array_free_to_bytes (g_steal_pointer (&array));
  model = ecbsr_model_new_from_bytes (bytes, name, &error);
  g_assert_no_error (error);
  return model;
}

static EcbsrPlan *
new_plan (EcbsrModel *model, guint width, guint height, EcbsrPrecision precision)
{
  const EcbsrModelInfo *info = ecbsr_model_get_info (model);
  const EcbsrPlanConfig config = {
    .width = width,
    .height = height,
    .sample = ECBSR_SAMPLE_F32,
    .layout = { .color = ECBSR_COLOR_YUV,
                .n_components = 1,
                .component[0].pixel_stride = sizeof (gfloat) },
    .black = info->black,
    .white = info->white,
    .luma_weight = { 0.2126, 0.7152, 0.0722 }, // for networks of three colours
    .precision = precision,
    // Tiles that begin and end anywhere, beyond the receptive field or within.
    .tile_width = width > 8 ? 7 : 0,
    .band_height = height > 4 ? 3 : 0,
    .n_threads = 2,
  };
  g_autoptr (GError) error = NULL;
  EcbsrPlan *plan = ecbsr_plan_new (model, &config, &error);

  g_assert_no_error (error);
  return plan;
}

// [scale · height][scale · width]
static gfloat *
upscale (EcbsrModel *model, gfloat *in, guint width, guint height,
         EcbsrPrecision precision)
{
  g_autoptr (EcbsrPlan) plan = new_plan (model, width, height, precision);
  const gsize scale = plan->scale, row = width * sizeof (gfloat);
  gfloat *out = g_malloc (scale * scale * height * row);
  const EcbsrPicture from = { { (guint8 *) in }, { (gssize) row } };
  const EcbsrPicture to = { { (guint8 *) out }, { (gssize) (scale * row) } };
  const EcbsrRunParams params = { .strength = 1 };

  g_assert_cmpint (ecbsr_plan_get_precision (plan), ==, precision);
  ecbsr_plan_run (plan, &from, &to, &params);
  return out;
}

// ---------------------------------------------------------------- pictures --

// Rows and columns beyond the picture that bits may depend on, so many that groups of rows
// and squares of pixels begin at the same ones of the picture.
static guint
find_margin (const Networks *n)
{
  g_autoptr (EcbsrPlan) plan = new_plan (n->zero, 8, 8, n->precision);
  const guint rows = MAX (plan->rows_above, plan->rows_below);
  const guint most = MAX (rows, plan->columns_beside) + plan->radius;

  return ecbsr_div_up (most, ECBSR_GROUP_ROWS) * ECBSR_GROUP_ROWS;
}

// Which of n pixels in a line is at place i, of which `margin` are before the first.
static guint
find_pixel (EcbsrPadding padding, guint i, guint margin, guint n)
{
  gint at = (gint) i - (gint) margin;

  if (padding == ECBSR_PADDING_REPLICATE)
    return (guint) CLAMP (at, 0, (gint) n - 1);
  while (at < 0 || at >= (gint) n)
    at = at < 0 ? -1 - at : 2 * (gint) n - 1 - at;
  return (guint) at;
}

static gfloat *
continue_picture (EcbsrPadding padding, const gfloat *in, guint width,
                  guint height, guint margin)
{
  const guint wide = width + 2 * margin, high = height + 2 * margin;
  gfloat *out = g_new (gfloat, (gsize) wide * high);

  g_assert_cmpuint (MAX (wide, high), <=, MAX_SIDE);
  for (guint y = 0; y < high; y++)
    for (guint x = 0; x < wide; x++)
      {
        guint from_x = find_pixel (padding, x, margin, width);
        guint from_y = find_pixel (padding, y, margin, height);
        out[y * wide + x] = in[from_y * width + from_x];
      }
  return out;
}

static void
check_continued (const Networks *n, guint width, guint height, GRand *random)
{
  const EcbsrModelInfo *info = ecbsr_model_get_info (n->zero);
  const guint scale = info->scale, margin = find_margin (n);
  const gsize wide = (width + 2 * margin) * scale;
  g_autofree gfloat *in = g_new (gfloat, (gsize) width * height);
  g_autofree gfloat *canvas = NULL, *expected = NULL, *found = NULL;

  for (guint i = 0; i < width * height; i++)
    in[i] = (gfloat) g_rand_double_range (random, info->black, info->white);
  canvas = continue_picture (ecbsr_model_get_info (n->goes_on)->padding, in,
                             width, height, margin);
  expected = upscale (n->zero, canvas, width + 2 * margin, height + 2 * margin,
                      n->precision);
  found = upscale (n->goes_on, in, width, height, n->precision);
  for (guint y = 0; y < height * scale; y++)
    g_assert_cmpmem (found + (gsize) y * width * scale,
                     width * scale * sizeof (gfloat),
                     expected + (y + margin * scale) * wide + margin * scale,
                     width * scale * sizeof (gfloat));
}

// All pixels at the same place of their input pixel are the same bits.
static void
check_flat (const Networks *n, guint width, guint height, gdouble level)
{
  const EcbsrModelInfo *info = ecbsr_model_get_info (n->goes_on);
  const guint scale = info->scale, wide = width * scale;
  g_autofree gfloat *in = g_new (gfloat, (gsize) width * height);
  g_autofree gfloat *out = NULL;

  for (guint i = 0; i < width * height; i++)
    in[i] = (gfloat) (info->black + level * (info->white - info->black));
  out = upscale (n->goes_on, in, width, height, n->precision);
  for (guint y = 0; y < height * scale; y++)
    for (guint x = 0; x < wide; x++)
      g_assert_cmpfloat (out[y * wide + x], ==,
                         out[y % scale * wide + x % scale]);
}

// ------------------------------------------------------------------- tests --

static gboolean
has_precision (EcbsrModel *model, EcbsrPrecision precision)
{
  g_autoptr (EcbsrPlan) plan = new_plan (model, 8, 8, precision);

  return ecbsr_plan_get_precision (plan) == precision;
}

static void
check_network (const gchar *name, const gchar *padding)
{
  static const guint sizes[][2]
      = { { 1, 1 }, { 3, 5 }, { 9, 1 }, { 1, 9 }, { 17, 6 }, { 15, 3 } };
  Networks n = { load (name, "zero"), load (name, padding), 0 };
  g_autoptr (GRand) random = g_rand_new_with_seed (17);

  g_assert_cmpint (ecbsr_model_get_info (n.zero)->padding, ==,
                   ECBSR_PADDING_ZERO);
  for (n.precision = ECBSR_PRECISION_FLOAT32;
       n.precision <= ECBSR_PRECISION_INT8; n.precision++)
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
      if (has_precision (n.zero, n.precision))
        {
          check_continued (&n, sizes[i][0], sizes[i][1], random);
          check_flat (&n, sizes[i][0], sizes[i][1], 0);
          check_flat (&n, sizes[i][0], sizes[i][1], 0.37);
          check_flat (&n, sizes[i][0], sizes[i][1], 1);
        }
  ecbsr_model_unref (n.zero);
  ecbsr_model_unref (n.goes_on);
}

static void
test_network (gconstpointer name)
{
  check_network (name, "replicate");
  check_network (name, "symmetric");
}

// Those that do not say already. Their names outlive tests that are not run, which a
// program with -p has.
static void
add_networks (GStringChunk *strings, const gchar *group, const gchar *list)
{
  g_autofree gchar *text = NULL;
  g_autofree gchar *path
      = g_build_filename (g_getenv ("ECBSR_GOLDEN"), list, NULL);
  g_auto (GStrv) names = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    g_error ("no %s", path);
  names = g_strsplit (g_strstrip (text), "\n", -1);
  for (gchar **name = names; *name; name++)
    {
      g_autofree gchar *test = g_strconcat ("/plan/borders/", group, "/", *name,
                                            NULL);

      if (!strstr (*name, "-replicate") && !strstr (*name, "-symmetric"))
        g_test_add_data_func (test, g_string_chunk_insert (strings, *name),
                              test_network);
    }
}

int
main (int argc, char **argv)
{
  GStringChunk *strings = g_string_chunk_new (256);
  gint status;

  g_test_init (&argc, &argv, NULL);
  add_networks (strings, "float", "list.txt");
  add_networks (strings, "int8", "int8.txt");
  status = g_test_run ();
  g_string_chunk_free (strings);
  return status;
}
