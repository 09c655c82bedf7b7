import { readCounts, SECTION, sectionWith } from './page';

// The last step of `npx projen faults:docs`, after the suite has counted.
SECTION.write(sectionWith(readCounts()));
