'use strict';

// Runs a handler once, in a process of its own. Arguments: the bundle, a file with the event. Prints what it took, as JSON, and nothing else.
const { readFileSync } = require('node:fs');

const [bundle, eventFile] = process.argv.slice(2);
const { handler } = require(bundle);
const event = JSON.parse(readFileSync(eventFile, 'utf8'));
// Handlers write their log to stdout, partly through the console.
const { write } = process.stdout;
process.stdout.write = () => true;
const start = performance.now();
handler(event).then((status) => {
  const milliseconds = performance.now() - start;
  process.stdout.write = write;
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  process.stdout.write(JSON.stringify({
    milliseconds,
    cpuMilliseconds: (userCPUTime + systemCPUTime) / 1000,
    peakBytes: maxRSS * 1024,
    statusBytes: Buffer.byteLength(JSON.stringify(status)),
  }));
});
