// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Demuxers give subtitles as Pango markup; muxers take plain text alone.

#pragma once

#include <gst/gst.h>

// Whether a stream of these caps is markup.
gboolean subtitles_are_markup (const GstCaps *caps);

// The caps of the same stream as plain text.
GstCaps *subtitles_plain_caps (void);

// From here on what flows through the pad is plain text. With keep_style, <i>,
// <b> and <u> stay in it, as SubRip files and Matroska's S_TEXT/UTF8 have them.
void subtitles_make_plain (GstPad *pad, gboolean keep_style);
