import { CLOSE_PATH } from './close-path';
import { cellsOf } from './matrix';
import { SCENARIOS } from './scenarios';
import { START_PATH } from './start-path';
import { testParts } from './suite';
import { WATCH_PATH } from './watch-path';

testParts({
  close: cellsOf(CLOSE_PATH),
  scenarios: SCENARIOS,
  watch: cellsOf(WATCH_PATH),
  start: cellsOf(START_PATH),
});
