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
             "caps.c", "gint64 step = least_common_multiple (sizes->step, scale);",
             "gint64 step = sizes->step;", "element caps"),
    Mutation("caps features stay",
             "caps.c", """gst_caps_append_structure_full (scaled, s,
          gst_caps_features_copy (features));""",
             "gst_caps_append_structure (scaled, s);", "element caps"),
    Mutation("the output is exactly scale times the input",
             "caps.c", '"height", G_TYPE_INT, (gint) (in.height * scale), NULL);',
             "NULL);", "element caps"),
    Mutation("the input's colorimetry is said of the output, whatever its size",
             "caps.c", 'fixate_string (s, "colorimetry", colorimetry);', "",
             "element caps"),
    Mutation("a filter never reaches across fields",
             "frame.c", "      picture->stride[p] *= 2;\n", "      ;\n", "element interlaced"),
    Mutation("interlaced video whose fields share rows is refused",
             "frame.c", "if (in->height % unit != 0) {", "if (FALSE) {",
             "element interlaced"),
    Mutation("strides are the buffer's, not those of the caps",
             "frame.c", "picture->stride[p] = GST_VIDEO_FRAME_PLANE_STRIDE (frame, p);",
             "picture->stride[p] = (gssize) get_row_size (frame, p);", "element buffers"),
    Mutation("a plane that is not all in its memory is an error",
             "frame.c", "end <= (gssize) map->size)", "TRUE)", "element buffers"),
    Mutation("a frame that cannot be mapped is an error, not sent on unwritten",
             "gstecbsr.c", 'return fail (self, error, "input buffer");',
             "return GST_FLOW_OK;", "element buffers"),
    Mutation("buffers of 64-byte alignment are asked for",
             "buffer.c", "#define ALIGN_MASK 63", "#define ALIGN_MASK 0",
             "element allocation"),
    Mutation("where downstream's pool is refused there is one of our own",
             "buffer.c", "    gst_clear_object (&pool);\n    min = max = 0;",
             "    min = max = 0;", "element allocation"),
    Mutation("metas are scaled once, not copied as well",
             "gstecbsr.c", "return FALSE;               /* done: not to be copied as well */",
             "return TRUE;", "element metas"),
    Mutation("regions keep their parameters",
             "buffer.c",
             "scaled->params = g_list_copy_deep (roi->params, copy_params, NULL);", "",
             "element metas"),
    Mutation("a crop rectangle is applied",
             "frame.c", "  if (!crop)\n    return TRUE;", "  return TRUE;",
             "element buffers"),
    Mutation("the coordinates of navigation are the source's",
             "gstecbsr.c", "x / scale, y / scale", "x, y", "element metas"),
    Mutation("late frames are not dropped by the base class",
             "gstecbsr.c", "if (GST_EVENT_TYPE (event) == GST_EVENT_QOS)",
             "if (FALSE && GST_EVENT_TYPE (event) == GST_EVENT_QOS)", "element overload-control"),
    Mutation("qos=false switches overload control off",
             "properties.c", "config.enabled = enabled;", "config.enabled = TRUE;", "element overload-control"),
    Mutation("latency is only ever raised",
             "qos.c", "if (time <= latency->time)",
             "if (time == latency->time)", "element latency"),
    Mutation("a latency that was raised is told",
             "gstecbsr.c", "if (actions->latency_changed) {", "if (FALSE) {", "element latency"),
    Mutation("a controller's values are taken over for each frame",
             "gstecbsr.c", "gst_object_sync_values (GST_OBJECT (trans), time);", ";",
             "element strength-and-compare"),
    Mutation("a scale that downstream cannot take is refused",
             "reconfigure.c", "|| peer_takes_scale (self, incaps, scale))", "|| TRUE)",
             "element changes-while-playing"),
    Mutation("a model that cannot be loaded in PLAYING leaves the old one running",
             "reconfigure.c", "    reject (self, &config, serial, error);\n",
             "    gst_ecbsr_post (GST_ELEMENT (self), GST_MESSAGE_ERROR, error, NULL);\n",
             "element changes-while-playing"),
    Mutation("a rejection takes back nothing that has been set meanwhile",
             "reconfigure.c", "if (self->serial == serial)",
             "if (gst_ecbsr_config_equal (&self->requested, config))",
             "element changes-while-playing"),
    Mutation("a rejection's notification is not taken for a request",
             "properties.c", "  parent_class->dispatch_properties_changed (",
             "  parent_class = G_OBJECT_GET_CLASS (self);\n"
             "  parent_class->dispatch_properties_changed (",
             "element changes-while-playing"),
    Mutation("a stream does not wait for the measurement of another one",
             "levels.c", "  cost = measure_apart (model, in, config);",
             "  static GMutex one;\n  g_mutex_lock (&one);\n"
             "  cost = measure_apart (model, in, config);\n  g_mutex_unlock (&one);",
             "element levels"),
    Mutation("min-model=auto is an error",
             "models.c", "if (gst_ecbsr_models_get_rank (lowest) >= 0)", "if (TRUE)",
             "element errors"),
    Mutation("a scaler or a mixer upstream is given no order of sizes",
             "camera.c", "  if (has_any (klass, other_size))\n    return FALSE;\n", "",
             "element camera-modes"),
    Mutation("what is not known to keep sizes and rates is taken to change them",
             "camera.c", "return is_transparent (element, klass, srcpad)", "return TRUE",
             "element camera-modes"),
    Mutation("there is no order at scale 1",
             "gstecbsr.c", "  if (scale == 1 || !gst_ecbsr_camera_find",
             "  if (!gst_ecbsr_camera_find", "element camera-modes"),
    Mutation("what a camera offers is known before it negotiates",
             "gstecbsr.c", """  gst_ecbsr_camera_ask_modes (self->camera,
      GST_BASE_TRANSFORM_SINK_PAD (self));
  gst_base_transform_set_passthrough""", "  gst_base_transform_set_passthrough",
             "element camera-modes"),
    Mutation("a caps query asks nothing upstream",
             "camera.c", "  *modes = NULL;\n",
             "  *modes = gst_pad_peer_query_caps (sinkpad, NULL);\n"
             "  gst_clear_caps (modes);\n", "element playback"),
]
