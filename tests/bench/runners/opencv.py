# SPDX-License-Identifier: LGPL-2.1-or-later
"""OpenCV's dnn module as one of the runners of tests/bench/compare.

    opencv.py MODEL INPUT WIDTH HEIGHT THREADS
"""

import sys

import cv2

from serve import read_planes, serve


def main():
    model, path, width, height, threads = sys.argv[1:]
    cv2.setNumThreads(int(threads))
    net = cv2.dnn.readNetFromONNX(model)
    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    net.setPreferableTarget(cv2.dnn.DNN_TARGET_CPU)
    luma = read_planes(path, int(width), int(height))

    def frame():
        net.setInput(luma)
        return net.forward()

    serve(f"OpenCV dnn {cv2.__version__}", frame)


if __name__ == "__main__":
    main()
