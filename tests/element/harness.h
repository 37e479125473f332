/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The element on a bench: a harness with a bus. */

#pragma once

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

/* Values of the property model. */
enum
{
  MODEL_AUTO,
  MODEL_ECBSR_M4C8,
  MODEL_ECBSR_M4C16,
  MODEL_ECBSR_M10C16,
  MODEL_ESR_MAX,
  MODEL_ESR_TM,
  MODEL_ESR_TR,
  MODEL_ESR_CNN,
  MODEL_BICUBIC,
};

/* Values of the property content. */
enum
{
  CONTENT_AUTO,
  CONTENT_CLEAN,
  CONTENT_CAMERA,
};

/* Values of the property precision. */
enum
{
  PRECISION_AUTO,
  PRECISION_FLOAT32,
  PRECISION_BFLOAT16,
  PRECISION_INT8,
};

enum
{
  COMPARE_OFF,
  COMPARE_SPLIT,
};

/* Values of the property overload-policy. */
enum
{
  POLICY_NONE,
  POLICY_DEGRADE,
  POLICY_DEGRADE_THEN_DROP,
  POLICY_DROP,
};

/* Values of the property roi-mode. */
enum
{
  ROI_OFF,
  ROI_RECTANGLE,
  ROI_META,
};

typedef struct
{
  GstHarness *h;
  GstElement *ecbsr;
  GstBus *bus;
} Bench;

/* Properties as for g_object_set (), set before the element starts. A busy machine must
 * not change the picture: unless it is set, overload-policy is none, or @policy. */
Bench bench_new (const gchar * first_property, ...) G_GNUC_NULL_TERMINATED;
Bench bench_new_valist (gint policy, const gchar * first_property,
    va_list properties);
void bench_free (Bench * bench);

/* For input that may be refused. */
void bench_try_input (Bench * bench, const gchar * caps);
void bench_set_input (Bench * bench, const GstVideoInfo * info);
void bench_get_output (Bench * bench, GstVideoInfo * info);

/* The next message of @type, which has to be there. */
GstMessage *bench_pop_message (Bench * bench, GstMessageType type);
/* The next error or warning has to be this one. Returns its text. */
gchar *bench_pop_problem (Bench * bench, GstMessageType type, GQuark domain,
    gint code);
void bench_assert_quiet (Bench * bench, GstMessageType types);
/* A field of the property stats. */
guint64 bench_get_stat (Bench * bench, const gchar * field);
void bench_assert_active (Bench * bench, const gchar * model);
/* A harness is a live source, unless this is called. */
void bench_be_a_file (Bench * bench);
