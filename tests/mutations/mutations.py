# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a professional scaler must get right, and how it would be got wrong.

Each takes one behaviour away by a change of one place, which has to make the test
named fail. `old` stands once in the file.
"""

from typing import NamedTuple


class Mutation(NamedTuple):
    behaviour: str
    file: str  # of gst-plugin/
    old: str
    new: str
    test: str  # as `meson test --list` names it


MUTATIONS = [
    Mutation("sizes that are no multiples of the scale are not offered upstream",
             "gstecbsrcaps.c", "gint64 step = lcm ((guint) sizes->step, scale);",
             "gint64 step = sizes->step;", "element caps"),
    Mutation("caps features stay",
             "gstecbsrcaps.c", """gst_caps_append_structure_full (scaled, s,
          gst_caps_features_copy (features));""",
             "gst_caps_append_structure (scaled, s);", "element caps"),
    Mutation("the output is exactly scale times the input",
             "gstecbsrcaps.c", '"height", G_TYPE_INT, (gint) (in.height * scale), NULL);',
             "NULL);", "element caps"),
    Mutation("the input's colorimetry is said of the output, whatever its size",
             "gstecbsrcolor.c", 'fixate_string (s, "colorimetry", colorimetry);', "",
             "element caps"),
    Mutation("a filter never reaches across fields",
             "gstecbsrfields.c", "    picture->stride[p] *= 2;\n", "", "element interlaced"),
    Mutation("interlaced video whose fields share rows is refused",
             "gstecbsrfields.c", "if (in->height % unit != 0) {", "if (FALSE) {",
             "element interlaced"),
    Mutation("strides are the buffer's, not those of the caps",
             "gstecbsrframe.c", "picture->stride[p] = GST_VIDEO_FRAME_PLANE_STRIDE (frame, p);",
             "picture->stride[p] = (gssize) get_row_size (frame, p);", "element buffers"),
    Mutation("a plane that is not all in its memory is an error",
             "gstecbsrframe.c", "end <= (gssize) map->size)", "TRUE)", "element buffers"),
    Mutation("a frame that cannot be mapped is an error, not sent on unwritten",
             "gstecbsr.c", 'return fail (self, error, "input buffer");',
             "return GST_FLOW_OK;", "element buffers"),
    Mutation("buffers of 64-byte alignment are asked for",
             "gstecbsrallocation.c", "#define ALIGN_MASK 63", "#define ALIGN_MASK 0",
             "element allocation"),
    Mutation("where downstream's pool is refused there is one of our own",
             "gstecbsrallocation.c", "    gst_clear_object (&pool);\n    min = max = 0;",
             "    min = max = 0;", "element allocation"),
    Mutation("metas are scaled once, not copied as well",
             "gstecbsr.c", "return FALSE;               /* done: not to be copied as well */",
             "return TRUE;", "element metas"),
    Mutation("regions keep their parameters",
             "gstecbsrmetas.c",
             "scaled->params = g_list_copy_deep (roi->params, copy_params, NULL);", "",
             "element metas"),
    Mutation("a crop rectangle is applied",
             "gstecbsrframe.c", "  if (!crop)\n    return TRUE;", "  return TRUE;",
             "element buffers"),
    Mutation("the coordinates of navigation are the source's",
             "gstecbsrevents.c", "x / scale, y / scale", "x, y", "element metas"),
    Mutation("late frames are not dropped by the base class",
             "gstecbsrevents.c", "  switch (gst_ecbsr_pace_take_qos (self, event)) {",
             "  return event;\n  switch (gst_ecbsr_pace_take_qos (self, event)) {",
             "element pace"),
    Mutation("qos=false switches overload control off",
             "gstecbsrpace.c",
             "terms.qos = gst_base_transform_is_qos_enabled (GST_BASE_TRANSFORM (self));",
             "terms.qos = TRUE;", "element pace"),
    Mutation("latency is only ever raised",
             "gstecbsrlatency.c", "if (time <= latency->promise)",
             "if (time == latency->promise)", "element latency"),
    Mutation("a latency that was raised is told",
             "gstecbsrpace.c", "if (!changed)\n    return;", "return;", "element latency"),
    Mutation("a controller's values are taken over for each frame",
             "gstecbsr.c", "gst_object_sync_values (GST_OBJECT (trans), time);", ";",
             "element look"),
    Mutation("a scale that downstream cannot take is refused",
             "gstecbsrlive.c", "|| peer_takes_scale (self, incaps, scale))", "|| TRUE)",
             "element live"),
    Mutation("a model that cannot be loaded in PLAYING leaves the old one running",
             "gstecbsrlive.c", "    refuse (self, &wish->settings, error);\n}",
             "    gst_ecbsr_post (GST_ELEMENT (self), GST_MESSAGE_ERROR, error, NULL);\n}",
             "element live"),
]
