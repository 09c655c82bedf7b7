import { CLOSE_PATH } from './close-path';
import { cellsOf } from './matrix';
import { SCENARIOS, WAKING_SCENARIOS } from './scenarios';
import { testParts } from './suite';

testParts({ close: cellsOf(CLOSE_PATH), scenarios: SCENARIOS, wakingScenarios: WAKING_SCENARIOS });
