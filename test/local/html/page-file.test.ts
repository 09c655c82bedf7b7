import * as fs from 'node:fs';
import * as path from 'node:path';
import { requirePageFile, writePage } from '../../../src/local/html/page-file';
import { removeFolders, temporaryFolder } from '../run/synthesized-app';

afterAll(removeFolders);

test('a page replaces the one before, follows a link, and leaves nothing else', () => {
  const folder = temporaryFolder();
  const [file, link] = [path.join(folder, 'page.html'), path.join(folder, 'link.html')];
  fs.writeFileSync(file, 'old');
  fs.symlinkSync(file, link);

  requirePageFile(link);
  expect(fs.readFileSync(file, 'utf8')).toBe('old');
  writePage(link, 'new');

  expect(fs.readFileSync(file, 'utf8')).toBe('new');
  expect(fs.statSync(file).mode.toString(8)).toBe('100600');
  expect(fs.readdirSync(folder).sort()).toEqual(['link.html', 'page.html']);
});

test('a file that can not be written is refused, by name, and nothing is left of the try', () => {
  const folder = temporaryFolder();
  const missing = path.join(folder, 'missing/page.html');

  expect(() => requirePageFile(folder)).toThrow(`--html must be a file, got '${folder}'`);
  expect(() => requirePageFile(missing)).toThrow(`--html must be a file that can be written, got '${missing}': ENOENT: no such file or directory`);
  requirePageFile(path.join(folder, 'page.html'));
  expect(fs.readdirSync(folder)).toEqual([]);
});

test('a page that can not take its place leaves nothing', () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'page.html');
  requirePageFile(file);
  fs.mkdirSync(path.join(file, 'in-the-way'), { recursive: true });

  expect(() => writePage(file, 'page')).toThrow(/^--html must be a file that can be written, got '.*page\.html': E/);
  expect(fs.readdirSync(folder)).toEqual(['page.html']);
});
