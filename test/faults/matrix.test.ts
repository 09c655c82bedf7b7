import { EVENT_PATH } from './event-path';
import { cellsOf } from './matrix';
import { RERUN_PATH } from './rerun-path';
import { START_PATH } from './start-path';
import { testParts } from './suite';
import { WATCH_PATH } from './watch-path';

testParts({ start: cellsOf(START_PATH), rerun: cellsOf(RERUN_PATH), watch: cellsOf(WATCH_PATH), wake: cellsOf(EVENT_PATH) });
