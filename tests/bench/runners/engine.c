// SPDX-License-Identifier: LGPL-2.1-or-later
//
// This project's engine as one of the runners of tests/bench/compare:
//
//   engine MODEL INPUT WIDTH HEIGHT THREADS FORMAT PRECISION
//
// INPUT holds one picture, FORMAT is its layout. What it reads and answers:
// ../comparison/runner.py.

#include "ecbsr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  const gchar *name;
  EcbsrSample sample;
  EcbsrLayout layout;
} Format;

static const Format formats[] = {
  { "float",
    ECBSR_SAMPLE_F32,
    { .n_components = 1, .component = { { 0, 0, 4, 0, 0 } } } },
  { "rgb float",
    ECBSR_SAMPLE_F32,
    { .color = ECBSR_COLOR_RGB,
      .n_components = 3,
      .component
      = { { 0, 0, 4, 0, 0 }, { 1, 0, 4, 0, 0 }, { 2, 0, 4, 0, 0 } } } },
  { "gray8",
    ECBSR_SAMPLE_U8,
    { .n_components = 1, .component = { { 0, 0, 1, 0, 0 } } } },
  { "i420",
    ECBSR_SAMPLE_U8,
    { .n_components = 3,
      .component
      = { { 0, 0, 1, 0, 0 }, { 1, 0, 1, 1, 1 }, { 2, 0, 1, 1, 1 } } } },
  { "nv12",
    ECBSR_SAMPLE_U8,
    { .n_components = 3,
      .component
      = { { 0, 0, 1, 0, 0 }, { 1, 0, 2, 1, 1 }, { 1, 1, 2, 1, 1 } } } },
  { "yuy2",
    ECBSR_SAMPLE_U8,
    { .n_components = 3,
      .component
      = { { 0, 0, 2, 0, 0 }, { 0, 1, 4, 1, 0 }, { 0, 3, 4, 1, 0 } } } },
};

typedef struct
{
  EcbsrPlan *plan;
  EcbsrPicture in, out;
  gsize in_size, out_size;
} Runner;

static void
fail (const GError *error)
{
  fprintf (stderr, "engine: %s\n", error->message);
  exit (EXIT_FAILURE);
}

static const Format *
find_format (const gchar *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (strcmp (name, formats[i].name) == 0)
      return &formats[i];
  fprintf (stderr, "engine: no format '%s'\n", name);
  exit (EXIT_FAILURE);
}

static EcbsrPrecision
find_precision (const gchar *name)
{
  for (EcbsrPrecision p = ECBSR_PRECISION_AUTO; p <= ECBSR_PRECISION_INT8; p++)
    if (strcmp (name, ecbsr_precision_to_string (p)) == 0)
      return p;
  fprintf (stderr, "engine: no precision '%s'\n", name);
  exit (EXIT_FAILURE);
}

static guint
to_number (const gchar *text)
{
  return (guint) g_ascii_strtoull (text, NULL, 10);
}

// Planes lie one after the other without padding. `picture` may be without
// data, to learn the size.
static gsize
lay_out (const EcbsrLayout *layout, EcbsrPicture *picture, guint8 *data,
         guint width, guint height)
{
  gsize size = 0;

  for (guint c = 0; c < layout->n_components; c++)
    {
      const guint plane = layout->component[c].plane;
      const guint w_sub = layout->component[c].w_sub,
                  h_sub = layout->component[c].h_sub;
      gsize stride = (gsize) ((width + w_sub) >> w_sub)
                     * layout->component[c].pixel_stride;

      if (picture->stride[plane])
        continue;
      picture->plane[plane] = data + size;
      picture->stride[plane] = (gssize) stride;
      size += stride * ((height + h_sub) >> h_sub);
    }
  return size;
}

static guint8 *
read_input (const gchar *path, gsize size)
{
  g_autoptr (GError) error = NULL;
  gchar *data;
  gsize found;

  if (!g_file_get_contents (path, &data, &found, &error))
    fail (error);
  if (found == size)
    return (guint8 *) data;
  fprintf (stderr, "engine: %s has %zu bytes, not %zu\n", path, found, size);
  exit (EXIT_FAILURE);
}

static void
make_pictures (Runner *r, const Format *format, const gchar *input, guint width,
               guint height, guint scale)
{
  EcbsrPicture none = { { NULL }, { 0 } };
  guint8 *out;

  r->in_size = lay_out (&format->layout, &none, NULL, width, height);
  lay_out (&format->layout, &r->in, read_input (input, r->in_size), width,
           height);
  none = (EcbsrPicture){ { NULL }, { 0 } };
  r->out_size
      = lay_out (&format->layout, &none, NULL, width * scale, height * scale);
  out = g_malloc0 (r->out_size);
  lay_out (&format->layout, &r->out, out, width * scale, height * scale);
}

static Runner
make_runner (gchar **argv)
{
  const Format *format = find_format (argv[6]);
  const gboolean is_rgb = format->layout.color == ECBSR_COLOR_RGB;
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrModel) model = ecbsr_model_open (argv[1], &error);
  EcbsrPlanConfig config = {
    .width = to_number (argv[3]),
    .height = to_number (argv[4]),
    .sample = format->sample,
    .layout = format->layout,
    .luma_weight = { 0.2126, 0.7152, 0.0722 },
    .black = is_rgb ? 0 : 16,
    .white = is_rgb ? 255 : 235,
    .chroma_offset_x = 0.25,
    .chroma_offset_y = 0.5,
    .precision = find_precision (argv[7]),
    .n_threads = to_number (argv[5]),
  };
  Runner r = { 0 };

  if (model)
    r.plan = ecbsr_plan_new (model, &config, &error);
  if (!r.plan)
    fail (error);
  make_pictures (&r, format, argv[2], config.width, config.height,
                 ecbsr_model_get_info (model)->scale);
  return r;
}

static void
run_frames (Runner *r, gdouble duration)
{
  const EcbsrRunParams params = { 1, 0 };
  gdouble busy = 0;

  printf ("[");
  while (busy < duration)
    {
      gint64 start = g_get_monotonic_time ();
      ecbsr_plan_run (r->plan, &r->in, &r->out, &params);
      gdouble ms = (gdouble) (g_get_monotonic_time () - start) / 1e3;
      printf ("%s%.3f", busy > 0 ? "," : "", ms);
      busy += MAX (ms, 1e-3);
    }
  printf ("]\n");
}

static void
answer (Runner *r, gchar *line)
{
  g_autoptr (GError) error = NULL;

  g_strchomp (line);
  if (g_str_has_prefix (line, "run "))
    run_frames (r, g_ascii_strtod (line + 4, NULL));
  else if (g_str_has_prefix (line, "write ")
           && !g_file_set_contents (line + 6, (const gchar *) r->out.plane[0],
                                    (gssize) r->out_size, &error))
    fail (error);
  else
    printf ("[]\n");
  fflush (stdout);
}

int
main (int argc, char **argv)
{
  gchar line[4096];

  if (argc != 8)
    {
      fprintf (
          stderr,
          "Usage: engine MODEL INPUT WIDTH HEIGHT THREADS FORMAT PRECISION\n");
      return EXIT_FAILURE;
    }
  Runner r = make_runner (argv);
  printf ("\"%s\"\n", ecbsr_plan_get_backend (r.plan));
  fflush (stdout);
  while (fgets (line, sizeof (line), stdin))
    answer (&r, line);
  ecbsr_plan_free (r.plan);
  g_free (r.in.plane[0]);
  g_free (r.out.plane[0]);
  return EXIT_SUCCESS;
}
