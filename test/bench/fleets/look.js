'use strict';

// Runs a handler once, in a process of its own. Arguments: the bundle, a file with the event. Prints what it took, as JSON.
const { readFileSync } = require('node:fs');

const [bundle, eventFile] = process.argv.slice(2);
const { handler } = require(bundle);
const event = JSON.parse(readFileSync(eventFile, 'utf8'));
console.log = () => undefined;
const start = performance.now();
handler(event).then((status) => {
  const milliseconds = performance.now() - start;
  const { maxRSS } = process.resourceUsage();
  process.stdout.write(JSON.stringify({ milliseconds, peakBytes: maxRSS * 1024, statusBytes: Buffer.byteLength(JSON.stringify(status)) }));
});
