// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From where samples lie to how each plane is read and written.

#include "plan.h"

#define INVALID(error, ...)                                                    \
  (g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_INVALID, __VA_ARGS__), FALSE)

static guint
sample_size (EcbsrSample sample)
{
  if (sample == ECBSR_SAMPLE_F32)
    return sizeof (gfloat);
  return sample == ECBSR_SAMPLE_U16 ? 2 : 1;
}

static gboolean
check_sample (const EcbsrPlanConfig *config, GError **error)
{
  if (config->sample != ECBSR_SAMPLE_U16
      || (config->depth >= 1 && config->depth <= 16
          && config->shift <= 16 - config->depth))
    return TRUE;
  return INVALID (error, "samples of %u bits from bit %u on are not in words "
                         "of 16", config->depth, config->shift);
}

static gboolean
is_chroma (const EcbsrLayout *layout, guint c)
{
  return layout->color == ECBSR_COLOR_YUV && (c == 1 || c == 2);
}

static gboolean
check_component (const EcbsrPlanConfig *config, guint c, GError **error)
{
  const EcbsrLayout *layout = &config->layout;
  const guint bytes = sample_size (config->sample);
  const guint most = config->sample == ECBSR_SAMPLE_F32 ? bytes : 4 * bytes;

  if (layout->component[c].plane >= ECBSR_MAX_PLANES)
    return INVALID (error, "component %u lies in plane %u of at most %u", c,
                    layout->component[c].plane, ECBSR_MAX_PLANES);
  if (layout->component[c].pixel_stride < bytes
      || layout->component[c].pixel_stride > most
      || layout->component[c].pixel_stride % bytes
      || layout->component[c].offset % bytes
      || layout->component[c].offset
             > layout->component[c].pixel_stride - bytes)
    return INVALID (error, "component %u: offset %u with pixel stride %u", c,
                    layout->component[c].offset,
                    layout->component[c].pixel_stride);
  if (layout->component[c].w_sub > 2 || layout->component[c].h_sub > 2)
    return INVALID (error, "component %u is subsampled by more than 4", c);
  if ((layout->component[c].w_sub || layout->component[c].h_sub)
      && !is_chroma (layout, c))
    return INVALID (error, "component %u must not be subsampled", c);
  return TRUE;
}

// No two components at the same bytes.
static gboolean
check_overlap (const EcbsrLayout *layout, guint c, GError **error)
{
  for (guint other = 0; other < c; other++)
    if (layout->component[c].plane == layout->component[other].plane
        && layout->component[c].offset == layout->component[other].offset)
      return INVALID (error,
                      "components %u and %u both at offset %u of plane %u",
                      other, c, layout->component[c].offset,
                      layout->component[c].plane);
  return TRUE;
}

static gboolean
check_layout (const EcbsrPlanConfig *config, GError **error)
{
  const EcbsrLayout *layout = &config->layout;
  gboolean rgb = layout->color == ECBSR_COLOR_RGB;

  if (layout->n_components != 3 && layout->n_components != 4
      && (rgb || layout->n_components != 1))
    return INVALID (error, "%s of %u components",
                    rgb ? "an RGB picture" : "a YUV picture",
                    layout->n_components);
  if (!check_sample (config, error))
    return FALSE;
  for (guint c = 0; c < layout->n_components; c++)
    if (!check_component (config, c, error)
        || !check_overlap (layout, c, error))
      return FALSE;
  return TRUE;
}

// Output sizes of chroma round up, as GstVideo and everybody else does.
static guint
subsampled (guint size, guint sub)
{
  return (size + (1u << sub) - 1) >> sub;
}

// Rows of a component where the picture has `height` rows of luma.
static guint
count_rows (const EcbsrPlanConfig *config, guint height, guint h_sub)
{
  if (!config->interleaved || config->field == ECBSR_FIELD_NONE)
    return subsampled (height, h_sub);
  return (subsampled (2 * height, h_sub) + (config->field == ECBSR_FIELD_TOP)) / 2;
}

// How far into its row's cell a sample lies that is at `offset` of its cell in
// the whole picture: row i of a field is row 2 i (top) or 2 i + 1 there.
gdouble
ecbsr_plan_row_offset (EcbsrField field, gdouble offset)
{
  if (field == ECBSR_FIELD_NONE)
    return offset;
  return (field == ECBSR_FIELD_TOP ? offset : offset + 1) / 2;
}

// For samples at `offset` of their cell, and `shift` further in the output.
// FALSE where one would need more neighbours than are read.
static gboolean
init_filter (EcbsrCubic *filter, guint scale, gdouble offset, gdouble shift)
{
  if (!(ABS (shift) <= 2)) // NaN
    return FALSE;
  ecbsr_cubic_init (filter, scale, offset, offset + shift);
  for (guint p = 0; p < scale; p++)
    if (filter->first[p] < -2 || filter->first[p] > -1)
      return FALSE;
  return TRUE;
}

static gboolean
init_component (EcbsrPlan *plan, guint c, GError **error)
{
  const EcbsrPlanConfig *config = &plan->config;
  const guint w_sub = config->layout.component[c].w_sub;
  const guint h_sub = config->layout.component[c].h_sub;
  const gboolean chroma = is_chroma (&config->layout, c);
  const gdouble x = w_sub ? config->chroma_offset_x : 0.5;
  const gdouble y = h_sub ? config->chroma_offset_y : 0.5;
  const gdouble shift_x = chroma ? config->chroma_shift_x : 0;
  const gdouble shift_y = chroma ? config->chroma_shift_y : 0;
  const gdouble row = ecbsr_plan_row_offset (config->field, y);
  ComponentPlan *component = &plan->component[c];

  component->width = subsampled (config->width, w_sub);
  component->height = subsampled (config->height, h_sub);
  component->n_rows = count_rows (config, config->height, h_sub);
  component->out_width = subsampled (config->width * plan->scale, w_sub);
  component->out_height = count_rows (config, config->height * plan->scale, h_sub);
  if (component->n_rows == 0)
    return INVALID (error, "a bottom field of %u rows has no chroma", config->height);
  if (init_filter (&component->filter_x, plan->scale, x, shift_x)
      && init_filter (&component->filter_y, plan->scale, row,
                      ecbsr_plan_row_offset (config->field, y + shift_y) - row))
    return TRUE;
  return INVALID (error, "chroma moved by (%g, %g) lies further away than the "
                         "cubic reaches", shift_x, shift_y);
}

// The plane's components in the order of their offsets.
static void
collect_plane (EcbsrPlan *plan, guint p)
{
  const EcbsrLayout *layout = &plan->config.layout;
  PlanePlan *plane = &plan->plane[p];

  for (guint offset = 0; offset < 4 * plan->sample_size; offset++)
    for (guint c = 0; c < layout->n_components; c++)
      if (layout->component[c].plane == p
          && layout->component[c].offset == offset)
        plane->component[plane->n_components++] = c;
}

// Pixel strides from here on are in samples.
static guint
pixel_stride (const EcbsrPlan *plan, guint c)
{
  return plan->config.layout.component[c].pixel_stride / plan->sample_size;
}

static gboolean
all_have (const EcbsrPlan *plan, guint p, guint stride)
{
  const PlanePlan *plane = &plan->plane[p];

  for (guint i = 0; i < plane->n_components; i++)
    if (pixel_stride (plan, plane->component[i]) != stride)
      return FALSE;
  return TRUE;
}

static gboolean
is_yuyv (const EcbsrPlan *plan, guint p)
{
  const EcbsrLayout *layout = &plan->config.layout;
  const guint size = plan->sample_size;

  return plan->plane[p].n_components == 3 && layout->n_components == 3
         && layout->color == ECBSR_COLOR_YUV && pixel_stride (plan, 0) == 2
         && pixel_stride (plan, 1) == 4 && pixel_stride (plan, 2) == 4
         && layout->component[1].w_sub == 1 && layout->component[2].w_sub == 1
         && !layout->component[1].h_sub && !layout->component[2].h_sub
         // Chroma fills the room between the luma.
         && (layout->component[0].offset ^ layout->component[1].offset) & size
         && (layout->component[0].offset ^ layout->component[2].offset) & size;
}

// All components in one plane, as many of each.
static gboolean
is_packed (const EcbsrPlan *plan, guint p, guint stride)
{
  const EcbsrLayout *layout = &plan->config.layout;

  for (guint c = 0; c < layout->n_components; c++)
    if (layout->component[c].w_sub || layout->component[c].h_sub)
      return FALSE;
  return layout->n_components > 1 && layout->n_components <= stride
         && plan->plane[p].n_components == layout->n_components
         && all_have (plan, p, stride);
}

static gboolean
is_pair (const EcbsrPlan *plan, guint p)
{
  const EcbsrLayout *layout = &plan->config.layout;
  const PlanePlan *plane = &plan->plane[p];

  return layout->color == ECBSR_COLOR_YUV && plane->n_components == 2
         && all_have (plan, p, 2) && is_chroma (layout, plane->component[0])
         && is_chroma (layout, plane->component[1])
         && layout->component[1].w_sub == layout->component[2].w_sub
         && layout->component[1].h_sub == layout->component[2].h_sub;
}

static gboolean
classify_plane (EcbsrPlan *plan, guint p, GError **error)
{
  PlanePlan *plane = &plan->plane[p];

  collect_plane (plan, p);
  if (plane->n_components == 1 && all_have (plan, p, 1))
    plane->kind = PLANE_PLAIN;
  else if (plan->config.sample == ECBSR_SAMPLE_F32)
    return INVALID (error, "floats take planes of one component");
  else if (is_pair (plan, p))
    plane->kind = PLANE_PAIR;
  else if (is_yuyv (plan, p))
    plane->kind = PLANE_YUYV;
  else if (is_packed (plan, p, 3))
    plane->kind = PLANE_TRIPLE;
  else if (is_packed (plan, p, 4))
    plane->kind = PLANE_QUAD;
  else
    return INVALID (error, "plane %u interleaves its components in an "
                           "unsupported way", p);
  return TRUE;
}

gboolean
ecbsr_plan_init_layout (EcbsrPlan *plan, GError **error)
{
  const EcbsrLayout *layout = &plan->config.layout;

  if (!check_layout (&plan->config, error))
    return FALSE;
  plan->sample_size = sample_size (plan->config.sample);
  ecbsr_cubic_init (&plan->quarters, 4, 0, 0);
  for (guint c = 0; c < layout->n_components; c++)
    {
      if (!init_component (plan, c, error))
        return FALSE;
      plan->n_planes = MAX (plan->n_planes, layout->component[c].plane + 1);
    }
  for (guint p = 0; p < plan->n_planes; p++)
    if (!classify_plane (plan, p, error))
      return FALSE;
  return TRUE;
}
