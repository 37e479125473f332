#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Says, after `meson install`, what has to be set for the plugin and the tools to be found.

    after_install.py PLUGIN_DIR BIN_DIR FOLDER_THAT_GSTREAMER_SEARCHES…

Nothing where they are found as they are, and nothing for a package being made.
"""

import os
import sys


def same(one, other):
    return bool(other) and os.path.realpath(one) == os.path.realpath(other)


def main(plugin_dir, bin_dir, *searched):
    if os.environ.get("DESTDIR"):
        return
    if not any(same(plugin_dir, folder) for folder in searched):
        print(f"GStreamer does not look in {plugin_dir} by itself. To have it do so:\n"
              f"  export GST_PLUGIN_PATH={plugin_dir}\n"
              "for good in ~/.profile; or install with --prefix=/usr or "
              "--prefix=$HOME/.local, which need no variable.")
    if not any(same(bin_dir, folder) for folder in os.environ.get("PATH", "").split(":")):
        print(f"The tools are in {bin_dir}, which is not in PATH.")


if __name__ == "__main__":
    main(*sys.argv[1:])
