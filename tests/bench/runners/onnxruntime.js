// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ONNX Runtime as one of the runners of tests/bench/compare:
//
//   node onnxruntime.js MODULE MODEL INPUT WIDTH HEIGHT THREADS
//
// MODULE is the folder of onnxruntime-node, INPUT planes of float32, of luma or of R, G and B.
// What it reads and answers: ../comparison/runner.py.
'use strict';

const fs = require('fs');
const readline = require('readline');

const [folder, model, input, width, height, threads] = process.argv.slice(2);
const ort = require(folder);
const SCALE = 2;

const milliseconds = () => Number(process.hrtime.bigint()) / 1e6;

function readPlanes(path, count) {
  const bytes = fs.readFileSync(path);
  if (bytes.length !== 4 * count && bytes.length !== 12 * count) {
    throw new Error(`${path} has ${bytes.length} bytes, not ${4 * count} or ${12 * count}`);
  }
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

async function runFrames(session, feeds, fetches, duration) {
  const times = [];
  for (let busy = 0; busy < duration; busy += times.at(-1)) {
    const start = milliseconds();
    await session.run(feeds, fetches);
    times.push(Number((milliseconds() - start).toFixed(3)));
  }
  return times;
}

async function main() {
  const w = Number(width);
  const h = Number(height);
  const session = await ort.InferenceSession.create(model, {
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    interOpNumThreads: 1,
    intraOpNumThreads: Number(threads),
  });
  // The output lies in memory of ours, so that no frame has to allocate it.
  const planes = readPlanes(input, w * h);
  const n = planes.length / (w * h);
  const output = new Float32Array(n * SCALE * SCALE * w * h);
  const feeds = { x: new ort.Tensor('float32', planes, [1, n, h, w]) };
  const fetches = { y: new ort.Tensor('float32', output, [1, n, SCALE * h, SCALE * w]) };
  console.log(JSON.stringify(`ONNX Runtime ${require(`${folder}/package.json`).version}`));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [command, argument] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)];
    if (command === 'run') {
      console.log(JSON.stringify(await runFrames(session, feeds, fetches, Number(argument))));
    } else {
      fs.writeFileSync(argument, Buffer.from(output.buffer));
      console.log('[]');
    }
  }
}

main().catch((error) => {
  console.error(`onnxruntime: ${error.message}`);
  process.exit(1);
});
