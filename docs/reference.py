#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes docs/reference.md: what the element ecbsr says of itself.

    GST_PLUGIN_PATH=$PWD/build/gst-plugin docs/reference.py > docs/reference.md

A test compares the two, so that neither can drift.
"""

import itertools
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GObject, Gst  # noqa: E402

HEAD = """# Reference of `ecbsr`

Made by `docs/reference.py` from the element itself, as `gst-inspect-1.0 ecbsr` shows it.
What it all means, and when: [element.md](element.md).
"""
FLAGS = ((GObject.ParamFlags.READABLE, "read"), (GObject.ParamFlags.WRITABLE, "write"))


def number(value):
    return f"{value:g}" if isinstance(value, float) else str(value)


def nick(enum, number):
    """PyGObject has other classes for enumerations since 3.52, and none for the plugin's."""
    value = GObject.Value(enum)
    value.set_enum(number)
    return Gst.value_serialize(value)


def nicks(enum):
    """Of numbers from 0 on. One that there is not has no name but itself."""
    known = itertools.takewhile(lambda i: GObject.enum_to_string(enum, i) != str(i),
                                itertools.count())
    return [nick(enum, i) for i in known]


def default_of(spec):
    value = getattr(spec, "default_value", None)
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if spec.value_type.is_a(GObject.TYPE_ENUM):
        return nick(spec.value_type, int(value))
    return number(value)


def values_of(spec):
    if spec.value_type.is_a(GObject.TYPE_ENUM):
        return ", ".join(f"`{name}`" for name in nicks(spec.value_type))
    if hasattr(spec, "minimum"):
        return f"{number(spec.minimum)} to {number(spec.maximum)}"
    return {"gchararray": "string", "gboolean": "`true`, `false`",
            "GstStructure": "structure"}.get(spec.value_type.name, spec.value_type.name)


def access_of(spec):
    words = [word for flag, word in FLAGS if spec.flags & flag]
    if "write" in words and int(spec.flags) & Gst.PARAM_MUTABLE_PLAYING:
        words.append("while playing")
    if int(spec.flags) & Gst.PARAM_CONTROLLABLE:
        words.append("by a controller")
    return ", ".join(words)


def properties(element):
    inherited = {spec.name for spec in GObject.list_properties(
        GObject.type_from_name("GstVideoFilter"))}
    yield "| property | values | default | access | |\n|---|---|---|---|---|"
    for spec in sorted(element.list_properties(), key=lambda spec: spec.name):
        if spec.name not in inherited:
            yield (f"| `{spec.name}` | {values_of(spec)} | {default_of(spec)} |"
                   f" {access_of(spec)} | {spec.blurb} |")


def pads(factory):
    # Their order is another one where they come from the registry's file.
    for template in sorted(factory.get_static_pad_templates(), key=lambda t: t.name_template):
        yield f"### `{template.name_template}`, {template.presence.value_nick}\n"
        caps = template.get_caps()
        for i in range(caps.get_size()):
            structure, features = caps.get_structure(i), caps.get_features(i)
            yield f"- `{structure.get_name()}({features.to_string()})`"
            for j in range(structure.n_fields()):
                name = structure.nth_field_name(j)
                yield f"  - {name}: {field(structure, name)}"
        yield ""


def field(structure, name):
    """As it stands in the caps' text, without the types. Which formats there are
    depends on the version of GStreamer."""
    if name == "format":
        return "see [element.md](element.md)"
    alone = structure.copy()
    for i in reversed(range(alone.n_fields())):
        other = alone.nth_field_name(i)
        if other != name:
            alone.remove_field(other)
    text = alone.to_string().split("=", 1)[1].rstrip(";")
    for kind in ("(string)", "(int)", "(fraction)", "(boolean)"):
        text = text.replace(kind, "")
    return text


def main():
    Gst.init(None)
    factory = Gst.ElementFactory.find("ecbsr")
    if not factory:
        sys.exit("reference.py: no element ecbsr. Is GST_PLUGIN_PATH set?")
    element = factory.create(None)
    print(HEAD)
    print(f"{factory.get_metadata('long-name')}: {factory.get_metadata('description')}.")
    print(f"Class {factory.get_metadata('klass')}, rank {factory.get_rank()}.\n")
    print("## Properties\n", *properties(element), sep="\n")
    print("\n## Pads\n", *pads(factory), sep="\n")


if __name__ == "__main__":
    main()
