# SPDX-License-Identifier: LGPL-2.1-or-later
"""models/convert.py: what it reads, what it concludes, what it writes."""

import sys
import unittest
import unittest.mock
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from convert_case import ConvertCase  # noqa: E402
from safetensors_io import write  # noqa: E402
import numpy as np  # noqa: E402
from checkpoint_builder import (  # noqa: E402
    BUILD, DATA, SIZE, VALUES, call, dictionary, filter_state, good_legacy, good_tensor, good_zip,
    legacy_of, ordered, pickled, storage, tensor, zip_of)

ESR_MAX = {"format": "gst-ecbsr 1", "architecture": "esr-max", "scale": "2", "channels": "1",
           "kernel_size": "3", "luma_range": "0..1", "name": "out", "licence": "unknown",
           "trained_on": "unknown"}


def state_of(shapes, dtype="<f4"):
    """A zip checkpoint of tensors of these shapes, all from one storage of ones."""
    n_elements = max(int(np.prod(shape)) for shape in shapes.values())
    stored = storage("0", n_elements)
    pairs = [(name, tensor(stored, shape)) for name, shape in shapes.items()]
    return zip_of(pickled(ordered(pairs)), {"0": np.ones(n_elements, dtype).tobytes()})


def plain_ecbsr(channels=4, blocks=1, scale=2, prelu=True, n_colours=1):
    chain = [n_colours] + [channels] * (blocks + 1) + [n_colours * scale ** 2]
    shapes = {}
    for i, (n_in, n_out) in enumerate(zip(chain, chain[1:])):
        shapes[f"backbone.{i}.conv3x3.weight"] = (n_out, n_in, 3, 3)
        shapes[f"backbone.{i}.conv3x3.bias"] = (n_out,)
        if prelu and i <= blocks:
            shapes[f"backbone.{i}.act.weight"] = (n_out,)
    return shapes


class Reading(ConvertCase):
    def assert_values(self, data, values=VALUES, *options):
        tensors, metadata = self.convert(self.checkpoint(data), *options)
        self.assertEqual(list(tensors), ["filter.weight"])
        self.assertEqual(tensors["filter.weight"].dtype, np.dtype("<f4"))
        np.testing.assert_array_equal(tensors["filter.weight"], values)
        return metadata

    def test_both_containers(self):
        for data in (good_zip(), good_legacy()):
            self.assertEqual(self.assert_values(data), ESR_MAX)

    def test_number_formats(self):
        for kind, stored, width in (("HalfStorage", VALUES.astype("<f2"), 2),
                                    ("DoubleStorage", VALUES.astype("<f8"), 8)):
            state = pickled(filter_state(tensor(storage("0", 36, kind), SIZE)))
            for data in (zip_of(state, {"0": stored.tobytes()}),
                         legacy_of(state, {"0": stored.tobytes()}, width)):
                self.assert_values(data, stored.astype("<f4"))

    def test_bfloat16(self):
        bits = (VALUES.view("<u4") >> 16).astype("<u2")
        state = pickled(filter_state(tensor(storage("0", 36, "BFloat16Storage"), SIZE)))
        expected = (bits.astype("<u4") << 16).view("<f4")
        self.assert_values(zip_of(state, {"0": bits.tobytes()}), expected)
        self.assert_values(legacy_of(state, {"0": bits.tobytes()}, 2), expected)

    def test_parameters_and_attributes(self):
        parameter = call("torch._utils", "_rebuild_parameter", good_tensor(), True,
                         call("collections", "OrderedDict"))
        versions = dictionary([("_metadata", ordered([("", dictionary([("version", 1)]))]))])
        self.assert_values(zip_of(pickled(filter_state(parameter) + versions + BUILD),
                                  {"0": DATA}))

    def test_views(self):
        doubled = np.repeat(VALUES.ravel(), 2)
        state = filter_state(tensor(storage("0", 73), SIZE, (18, 18, 6, 2), 1))
        self.assert_values(zip_of(pickled(state), {"0": b"\0\0\x80\x7f" + doubled.tobytes()}))
        transposed = filter_state(tensor(storage("0", 36), SIZE, (1, 36, 12, 4)))
        moved = np.ascontiguousarray(VALUES.transpose(2, 3, 0, 1))
        self.assert_values(zip_of(pickled(transposed), {"0": moved.tobytes()}))

    def test_nested(self):
        for name in ("state_dict", "model", "params"):
            nested = dictionary([("epoch", 7), ("best", 33.5), ("note", None),
                                 (name, filter_state())])
            self.assert_values(zip_of(pickled(nested), {"0": DATA}))
        twice = dictionary([("model", dictionary([("state_dict", filter_state())]))])
        self.assert_values(zip_of(pickled(twice), {"0": DATA}))

    def test_prefix_of_data_parallel(self):
        self.assert_values(zip_of(pickled(ordered([("module.filter.weight", good_tensor())])),
                                  {"0": DATA}))


class States(ConvertCase):
    def refuse(self, item, expected):
        self.assert_refused(zip_of(pickled(item), {"0": DATA}), expected)

    def test_no_state_dictionary(self):
        nested = filter_state()
        for _ in range(5):
            nested = dictionary([("model", nested)])
        for item in (b"N", b"]", good_tensor(), dictionary([("weights", filter_state())]),
                     dictionary([("model", 7)]), nested):
            self.refuse(item, "no state dictionary")

    def test_what_is_there_instead(self):
        for item, expected in ((b"N", "a NoneType"), (b"]", "a list"), (b"}", "an empty dict"),
                               (dictionary([("weights", filter_state()), ("epoch", 3)]),
                                "with them, but weights, epoch")):
            self.refuse(item, expected)

    def test_more_than_one(self):
        both = dictionary([("model", filter_state()), ("params", filter_state())])
        self.refuse(both, "more than one of model, params")

    def test_items(self):
        self.refuse(ordered([("filter.weight", good_tensor()), ("epoch", 3)]), "epoch is not a ten")
        for name in (5, "", "a\nb", "x" * 257, "\x1b[31m"):
            self.refuse(ordered([("filter.weight", good_tensor()), (name, good_tensor())]),
                        "bad name of a tensor")
        self.refuse(ordered([("module.filter.weight", good_tensor()), ("x", good_tensor())]),
                    "no known network")

    def test_too_much(self):
        state = dictionary([("t", good_tensor() + b"q\x63")]
                           + [(f"t{i}", b"h\x63") for i in range(4096)])
        self.refuse(state, "more than 4096 tensors")
        large = dictionary([("t", tensor(storage("0", 1 << 21), (1 << 21,)) + b"q\x63"),
                            ("u", b"h\x63"), ("v", b"h\x63")])
        self.refuse(large, "more than 4194304 numbers")

    def test_numbers_that_are_not_finite(self):
        for value in (np.nan, np.inf, -np.inf):
            values = VALUES.copy()
            values[3, 0, 1, 2] = value
            self.assert_refused(zip_of(pickled(filter_state()), {"0": values.tobytes()}),
                                "filter.weight: holds a number that is not finite")
        values = VALUES.astype("<f8")
        values[0] = 1e39
        state = pickled(filter_state(tensor(storage("0", 36, "DoubleStorage"), SIZE)))
        self.assert_refused(zip_of(state, {"0": values.tobytes()}), "not finite")


class EdgeSr(ConvertCase):
    NAME = "weights.pt"

    def conclude(self, shapes, *options, name=NAME):
        return self.convert(self.checkpoint(state_of(shapes), name), *options)[1]

    def refuse(self, shapes, expected, *options, name=NAME):
        self.assert_refused(state_of(shapes), expected, *options, name=name)

    def test_from_the_file_name(self):
        metadata = self.conclude({"filter.weight": (54, 1, 5, 5)}, name="eSR-TR_s3_K5_C2-new.pth")
        self.assertEqual((metadata["architecture"], metadata["scale"], metadata["channels"],
                          metadata["kernel_size"]), ("esr-tr", "3", "2", "5"))

    def test_from_options_above_the_file_name(self):
        shapes = {"filter.weight": (16, 1, 7, 7)}
        metadata = self.conclude(shapes, "--architecture", "esr-tm", "--channels", "2")
        self.assertEqual((metadata["scale"], metadata["kernel_size"]), ("2", "7"))
        metadata = self.conclude(shapes, "--architecture", "esr-max", "--scale", "4", "--channels",
                                 "1", name="eSR-TM_s2_K7_C2.model")
        self.assertEqual((metadata["architecture"], metadata["channels"]), ("esr-max", "1"))

    def test_cnn(self):
        shapes = {"filter.0.weight": (7, 1, 5, 5), "filter.0.bias": (7,),
                  "filter.2.weight": (3, 7, 3, 3), "filter.2.bias": (3,),
                  "filter.4.weight": (36, 3, 3, 3)}
        metadata = self.conclude(shapes, "--scale", "3", "--depth", "7", "--squeeze", "3")
        self.assertEqual([metadata[key] for key in ("channels", "depth", "squeeze")],
                         ["2", "7", "3"])
        self.refuse(shapes, "--depth says 8, but the tensors say 7", "--scale", "3", "--depth", "8")
        self.refuse(shapes, "file name says 4, .* say 3", name="eSR-CNN_s3_C2_D7_S4.model")
        self.refuse(shapes, "--architecture says esr-tm", "--architecture", "esr-tm")
        self.refuse({**shapes, "filter.0.bias": (6,)}, r"filter.0.bias is \[6\], not \[7\]",
                    "--scale", "3")
        self.refuse({name: shape for name, shape in shapes.items() if name != "filter.4.weight"},
                    "filter.4.weight is missing")

    def test_what_shapes_leave_open(self):
        shapes = {"filter.weight": (144, 1, 3, 3)}
        self.refuse(shapes, "--architecture is needed: .* esr-max, esr-tm, esr-tr", "--scale", "2")
        self.refuse(shapes, "--scale is needed: it can be 2 or 3",
                    "--architecture", "esr-tm")

    def test_contradictions(self):
        shapes, tm = {"filter.weight": (16, 1, 3, 3)}, ("--architecture", "esr-tm")
        self.refuse(shapes, "16 channels .* do not fit --scale 3", *tm, "--scale", "3")
        self.refuse(shapes, "do not fit .*file name 2, the file name 3",
                    name="eSR-TM_s2_K3_C3.model")
        self.refuse(shapes, "file name says 5, .* say 3", name="eSR-TM_s2_K5_C2.model")
        self.refuse(shapes, "esr-tm has no activation", *tm, "--activation", "relu")
        self.refuse(shapes, "esr-tm has no identity", *tm, "--identity")
        self.refuse(shapes, "esr-tm has no blocks", *tm, "--blocks", "4")

    def test_shapes(self):
        options = ("--architecture", "esr-max", "--scale", "2")
        for shape, expected in (
                ((4, 1, 3, 5), r"is \[4, 1, 3, 5\], not \[4, 1, 3, 3\]"),
                ((4, 2, 3, 3), r"not \[4, 1, 3, 3\]"), ((4, 1, 9, 9), "filter of 9"),
                ((4, 9), "four dimensions"), ((68, 1, 3, 3), "channels: 17"),
                ((6, 1, 3, 3), "6 channels of the last layer")):
            self.refuse({"filter.weight": shape}, expected, *options)
        self.refuse({"filter.weight": (4, 1, 3, 3), "filter.bias": (4,)},
                    "filter.bias is no part of this network", *options)


class Ecbsr(ConvertCase):
    def conclude(self, shapes, *options):
        return self.convert(self.checkpoint(state_of(shapes), "e.pt"), *options)[1]

    def refuse(self, shapes, expected, *options):
        self.assert_refused(state_of(shapes), expected, *options, name="e.pt")

    def test_plain(self):
        metadata = self.conclude(plain_ecbsr(10, 3, 3))
        expected = {"blocks": "3", "channels": "10", "scale": "3", "activation": "prelu",
                    "form": "plain", "identity": "false", "luma_range": "16..235"}
        self.assertEqual(expected.items() - metadata.items(), set())

    def test_activation(self):
        shapes = plain_ecbsr(prelu=False)
        self.refuse(shapes, r"--activation is needed \(relu, rrelu, softplus, linear or leaky-relu")
        self.refuse(shapes, "--activation says prelu, but there is no", "--activation", "prelu")
        self.refuse(plain_ecbsr(), "--activation says relu, but", "--activation", "relu")
        for activation in ("relu", "rrelu", "softplus", "linear"):
            metadata = self.conclude(shapes, "--activation", activation)
            self.assertEqual(metadata["activation"], activation)

    def test_identity_is_of_the_training_form(self):
        self.refuse(plain_ecbsr(), "--identity: the plain form", "--identity")

    def test_limits(self):
        self.refuse(plain_ecbsr(channels=65), "channels: 65")
        self.refuse(plain_ecbsr(blocks=65), "blocks: 65, not within 0 to 64")
        self.refuse(plain_ecbsr(scale=5), "25 channels, which is the square of no")
        self.refuse(plain_ecbsr(n_colours=4), "backbone.0.conv3x3.weight: a network for 4 colours")
        self.refuse(plain_ecbsr(n_colours=3, scale=5), "75 channels, which is 3 times the square")

    def test_shapes(self):
        shapes = plain_ecbsr()
        for name, shape in shapes.items():
            if not name.startswith("backbone.2"):
                wrong = (shape[0] + 1, *shape[1:])
                self.refuse({**shapes, name: wrong}, "backbone")
            rest = {other: size for other, size in shapes.items() if other != name}
            self.refuse(rest, f"{name} is missing|square of no|four dim")
        self.refuse({**shapes, "backbone.2.act.weight": (4,)}, "no part of this network")
        self.refuse({**shapes, "backbone.x.bias": (4,)}, "no part of this network")
        self.refuse({"backbone.0.conv3x3.weight": (4, 1, 3, 3)}, "blocks: -1")
        self.refuse({**shapes, "backbone.0.conv1x1_sbx.k0": (4, 1, 1, 1)}, "is missing")

    def test_masks(self):
        for suffix in ("sbx", "sby", "lpl"):
            name = f"backbone.1.conv1x1_{suffix}.mask"
            for shape in ((4, 1, 3, 3), (4, 9)):  # of ones
                self.refuse({**plain_ecbsr(), name: shape}, f"{name} is not the {suffix} kernel")


def compact(channels=8, blocks=1, scale=2, prelu=True, n_colours=3, prefix="body"):
    """As SRVGGNetCompact counts: convolutions at even places."""
    chain = [n_colours] + [channels] * (blocks + 1) + [n_colours * scale ** 2]
    shapes = {}
    for i, (n_in, n_out) in enumerate(zip(chain, chain[1:])):
        shapes[f"{prefix}.{2 * i}.weight"] = (n_out, n_in, 3, 3)
        shapes[f"{prefix}.{2 * i}.bias"] = (n_out,)
        if prelu and i <= blocks:
            shapes[f"{prefix}.{2 * i + 1}.weight"] = (n_out,)
    return shapes


def pairs(**options):
    """backbone.N.0 and backbone.N.1, of the same network."""
    shapes = {}
    for name, shape in plain_ecbsr(**options).items():
        _, i, part, kind = name.split(".")
        shapes[f"backbone.{i}.{'01'[part == 'act']}.{kind}"] = shape
    return shapes


class OtherNames(ConvertCase):
    """The same networks as others call their layers."""

    def conclude(self, shapes, *options):
        return self.convert(self.checkpoint(state_of(shapes), "e.pth"), *options)

    def refuse(self, shapes, expected, *options):
        self.assert_refused(state_of(shapes), expected, *options, name="e.pth")

    def test_recognised(self):
        for shapes, said in ((compact(), r"Compact \(body"), (pairs(channels=8, n_colours=3), "plain"),
                             (compact(prefix="backbone"), "plain"),
                             (plain_ecbsr(channels=8, n_colours=3), "ecbsr")):
            tensors, metadata = self.conclude(shapes)
            self.assertEqual({name: array.shape for name, array in tensors.items()},
                             plain_ecbsr(channels=8, n_colours=3))
            self.assertEqual([metadata[key] for key in ("colors", "scale", "blocks", "channels",
                                                        "activation", "form", "luma_range")],
                             ["3", "2", "1", "8", "prelu", "plain", "0..1"])
            done = self.run_program(self.checkpoint(state_of(shapes), "e.pth"), self.output)
            self.assertRegex(done.stdout, rf"\Aconvert.py: [^\n]*{said}[^\n]*3 colours, x2[^\n]*\n\Z")
            self.output.unlink()

    def test_sizes(self):
        for scale in (1, 2, 3, 4):
            for channels in (3, 8, 24, 40, 64):
                for n_colours in (1, 3):
                    _, metadata = self.conclude(compact(channels, 0, scale, n_colours=n_colours))
                    self.assertEqual((metadata["scale"], metadata["channels"],
                                      metadata.get("colors", "1"), metadata["luma_range"]),
                                     (str(scale), str(channels), str(n_colours), "0..1"))
        self.assertEqual(self.conclude(compact(64, 32))[1]["blocks"], "32")

    def test_nested(self):
        item = ordered([(name, tensor(storage("0", 5000), shape))
                        for name, shape in compact().items()])
        data = np.ones(5000, "<f4").tobytes()
        for nest in ("params", "params_ema"):
            self.convert(self.checkpoint(zip_of(pickled(dictionary([(nest, item)])), {"0": data}),
                                         "e.pth"))
        zeros = item.replace(b"X\x01\0\0\0" + b"0", b"X\x01\0\0\0" + b"1")
        both = dictionary([("params", zeros), ("params_ema", item)])
        tensors, _ = self.convert(self.checkpoint(
            zip_of(pickled(both), {"0": data, "1": np.zeros(5000, "<f4").tobytes()}), "e.pth"))
        self.assertTrue(all((array == 1).all() for array in tensors.values()))

    def test_what_programs_put_in_front(self):
        plain = self.conclude(compact())[0]
        for front in ("module.", "_orig_mod.", "model.", "net_g.module.", "generator.",
                      "params_ema."):
            tensors, _ = self.conclude({front + name: shape for name, shape in compact().items()})
            self.assertEqual(list(tensors), list(plain))
        path = self.folder / "e.safetensors"
        write(path, {"params_ema.module." + name: np.ones(shape, "<f4")
                     for name, shape in compact().items()}, {})
        self.assertEqual(list(self.convert(path)[0]), list(plain))
        path.unlink()
        mixed = {"net_g." + name: shape for name, shape in compact().items()}
        self.refuse({**mixed, "net_d.0.weight": (1,)}, "no known network.*first one is net_g.body.0")

    def test_one_slope_for_all_channels(self):
        for shapes in (compact(), pairs(channels=8, n_colours=3)):
            slopes = [name for name in shapes if shapes[name] == (8,) and "bias" not in name]
            tensors, _ = self.conclude({**shapes, slopes[0]: (1,)})
            np.testing.assert_array_equal(tensors["backbone.0.act.weight"], np.ones(8, "<f4"))
        self.refuse({**compact(), "body.1.weight": (2,)}, r"body.1.weight is \[2\], not \[8\]")

    def test_errors_name_tensors_as_the_checkpoint_does(self):
        def without(shapes, name):
            return {key: shape for key, shape in shapes.items() if key != name}

        both = pairs(channels=8, n_colours=3)
        self.refuse(without(compact(), "body.2.bias"), "tensor body.2.bias is missing")
        self.refuse(without(compact(), "body.3.weight"), "tensor body.3.weight is missing")
        self.refuse(without(both, "backbone.1.0.bias"), "tensor backbone.1.0.bias is missing")
        self.refuse({**compact(), "body.0.weight": (8, 4, 3, 3)}, "body.0.weight: .* 4 colours")
        self.refuse({**both, "backbone.1.1.weight": (5,)}, r"backbone.1.1.weight is \[5\]")

    def test_whole_numbers(self):
        def state(kind, dtype, name):
            shapes = compact(8, 0)
            item = ordered([(key, tensor(storage("1" if key == name else "0", 1000,
                                                 kind if key == name else "FloatStorage"), shape))
                            for key, shape in {**shapes, name: shapes.get(name, ())}.items()])
            return zip_of(pickled(item), {"0": np.ones(1000, "<f4").tobytes(),
                                          "1": np.ones(1000, dtype).tobytes()})

        for kind, dtype in (("LongStorage", "<i8"), ("CharStorage", "i1"), ("BoolStorage", "?")):
            self.assert_refused(state(kind, dtype, "body.0.weight"),
                                f"body.0.weight: of whole numbers, {np.dtype(dtype)}", name="e.pth")
        self.assert_refused(state("LongStorage", "<i8", "body.1.num_batches_tracked"),
                            "body.1.num_batches_tracked: a batch norm", name="e.pth")

    def test_leaky_relu(self):
        shapes = compact(prelu=False)
        self.refuse(shapes, "--activation is needed")
        tensors, metadata = self.conclude(shapes, "--activation", "leaky-relu:0.1")
        self.assertEqual(metadata["activation"], "prelu")
        for i in (0, 1):
            np.testing.assert_array_equal(tensors[f"backbone.{i}.act.weight"],
                                          np.full(8, 0.1, "<f4"))
        self.assertNotIn("backbone.2.act.weight", tensors)
        self.assertEqual(self.conclude(shapes, "--activation", "relu")[1]["activation"], "relu")
        self.refuse(compact(), "there are slopes of a PReLU", "--activation", "leaky-relu:0.1")
        done = self.run_program("e.pth", self.output, "--activation", "leaky-relu")
        self.assertRegex(done.stderr, "--activation: invalid choice.*leaky-relu:SLOPE")

    def test_safetensors(self):
        path = self.folder / "e.safetensors"
        plain = {name: np.ones(shape, dtype) for (name, shape), dtype
                 in zip(compact().items(), ("<f4", "<f2") * 8)}
        write(path, plain, {"format": "pt"})
        tensors, _ = self.convert(path)
        self.assertEqual({array.dtype for array in tensors.values()}, {np.dtype("<f4")})
        write(path, {**plain, "body.0.bias": np.ones(8, "i1")}, {})
        self.assert_refused(path.read_bytes(), "whole numbers", name="e.safetensors")
        write(path, plain, {"format": "gst-ecbsr 1"})
        self.assert_refused(path.read_bytes(), "model file already", name="e.safetensors")
        self.assert_refused(b"junk", "too short|header", name="e.safetensors")

    def test_like_it_but_not_it(self):
        base = compact()
        for change, expected in (
                ({"body.2.weight": (8, 8, 5, 5)}, "body.2.weight: a layer of 5x5, only 3x3"),
                ({"body.4.weight": (12, 8, 1, 1)}, "body.4.weight: a layer of 1x1, only 3x3"),
                ({"body.1.running_mean": (8,)}, "body.1.running_mean: a batch norm"),
                ({"body.1.bias": (8,)}, "body.1.weight: a normalisation"),
                ({"tail.weight": (12, 8, 3, 3)}, "tail.weight is no part of .* residual"),
                ({"conv_up.weight": (12, 8, 1, 1)}, "conv_up.weight is no part of"),
                ({"backbone.0.weight": (8, 3, 3, 3)}, "both body.N and backbone.N"),
                ({"body.0.weight": (8, 12, 3, 3)}, "a network for 12 colours"),
                ({"body.2.weight": (8, 72)}, "neither a layer of 3x3 nor"),
                ({"body.2.weight": (8, 9, 3, 3)}, r"is \[8, 9, 3, 3\], not \[8, 8, 3, 3\]"),
                ({"body.4.weight": (13, 8, 3, 3), "body.4.bias": (13,)}, "13 channels")):
            self.refuse({**base, **change}, expected)
        for missing in ("body.0.bias", "body.2.weight", "body.1.weight"):
            self.refuse({name: shape for name, shape in base.items() if name != missing},
                        "is missing|normalisation|neither")
        odd = {**pairs(channels=8, n_colours=3), "backbone.0.1.bias": (8,)}
        self.refuse(odd, "backbone.0.1.bias: not the slopes of a PReLU")
        self.refuse({**pairs(), "skip.weight": (4, 1, 3, 3)}, "skip.weight is no part of a plain")


class Options(ConvertCase):
    def refuse(self, expected, *options):
        self.assert_refused(good_zip(), expected, *options)

    def test_texts(self):
        _, metadata = self.convert(self.checkpoint(good_zip()), "--name", "Ünï", "--licence",
                                   "CC0-1.0", "--trained-on", "Kodak24", "--content", "camera",
                                   "--padding", "replicate", "--luma-range=-0.5..255",
                                   "--overshoot", "0.18")
        self.assertEqual({**ESR_MAX, "name": "Ünï", "licence": "CC0-1.0", "trained_on": "Kodak24",
                          "content": "camera", "padding": "replicate",
                          "luma_range": "-0.5..255", "overshoot": "0.18"}, metadata)

    def test_bad_texts(self):
        for option in ("--name", "--licence", "--trained-on"):
            self.refuse(f"{option}: .* empty or holds control", option, "")
            self.refuse(f"{option}: .* empty or holds control", option, "a\tb")
        self.refuse("--name: longer than 64", "--name", "n" * 65)
        for text in ("0-1", "1..0", "1..1", "1..1.0009", "nan..1", "0..inf", "0..1e9", "0..65537",
                     "-65537..0", "..", "0..1..2", "٠..١"):
            self.refuse("--luma-range: .* is not BLACK..WHITE", "--luma-range=" + text)
        for text in ("", "-0.1", "1.01", "nan", "1e-1", ".5", "٠"):
            self.refuse("--overshoot: .* is not a number from 0 to 1", "--overshoot=" + text)

    def test_long_output_names_are_cut(self):
        self.output = self.folder / ("x" * 70 + ".safetensors")
        self.assertEqual(self.convert(self.checkpoint(good_zip()))[1]["name"], "x" * 64)

    def test_paths(self):
        path = self.checkpoint(good_zip())
        for args, expected in (
                (("nosuch.pt", self.output), "nosuch.pt: No such file"),
                ((self.folder, self.output), "Is a directory"),
                ((path, self.folder / "no" / "out"), "/no/out: No such file"),
                ((path, path), "is the checkpoint itself"),
                ((path, self.output, "--scale", "5"), "--scale: invalid choice"),
                ((path,), "required: OUT.safetensors")):
            done = self.run_program(*args)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertRegex(done.stderr, r"\Aconvert\.py: [^\n]*" + expected + r"[^\n]*\n\Z")
            self.assert_untouched(path)
        self.assertEqual(path.read_bytes(), good_zip())

    def test_model_too_large_to_write(self):
        with unittest.mock.patch("safetensors_io.MAX_FILE", 100):
            self.refuse("out.safetensors: larger than 100 bytes")

    def test_earlier_output_survives_an_error(self):
        self.output.write_bytes(b"earlier")
        done = self.run_program(self.checkpoint(b"bad"), self.output)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.output.read_bytes(), b"earlier")

    def test_needs_no_torch(self):
        (self.folder / "torch.py").write_text("raise SystemExit('torch was imported')")
        done = self.run_program(self.checkpoint(good_zip()), self.output,
                                env={"PYTHONPATH": str(self.folder)})
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
