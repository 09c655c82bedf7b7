import { readCounts, SECTION, sectionWith } from './readme';

// The last step of `npx projen faults:readme`, after the suite has counted.
SECTION.write(sectionWith(readCounts()));
