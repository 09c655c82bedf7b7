import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Language } from './language';
import { ConsumerFolder } from '../packed/consumer-folder';

const FIXTURES = resolve(__dirname, '../fixtures');

/** What the CDK command line tells an app unless told otherwise. */
const CDK_CONTEXT = {
  'aws:cdk:version-reporting': true,
  'aws:cdk:enable-path-metadata': true,
  'aws:cdk:enable-asset-metadata': true,
};

/** The example of a language, in a folder of its own, with the packed artifact installed; and what its programs did. */
export class Trial {
  /** Installs, synthesizes, and makes the mistakes. */
  public static async of(language: Language): Promise<Trial> {
    const trial = new Trial(language);
    try {
      for (const fixtures of ['examples', 'bad-input']) {
        cpSync(join(FIXTURES, fixtures, language.folder), trial.folder.path, { recursive: true });
      }
      await language.install(trial.folder);
      await trial.synth();
      trial.messages = await trial.makeMistakes();
      return trial;
    } catch (error) {
      trial.folder.remove();
      throw new Error(`${language.name}: ${(error as Error).message}`);
    }
  }

  public readonly folder: ConsumerFolder;
  /** What each mistake was answered with. */
  public messages: { [mistake: string]: string } = {};

  private constructor(public readonly language: Language) {
    this.folder = new ConsumerFolder(language.bins);
  }

  public read(file: string): string {
    return readFileSync(this.folder.file('cdk.out', file), 'utf8');
  }

  /** The files of the handlers, by path: the path has the hash of the content. */
  public handlers(): { [file: string]: string } {
    const files = readdirSync(this.folder.file('cdk.out'), { recursive: true, encoding: 'utf8' })
      .filter((file) => /^asset\..*\.js$/.test(file)).sort();
    return Object.fromEntries(files.map((file) => [file, this.read(file)]));
  }

  /** As the CDK command line does it. */
  private async synth(): Promise<void> {
    const { app } = JSON.parse(readFileSync(this.folder.file('cdk.json'), 'utf8'));
    await this.folder.succeed('sh', ['-c', app], { CDK_OUTDIR: 'cdk.out', CDK_CONTEXT_JSON: JSON.stringify(CDK_CONTEXT) });
  }

  private async makeMistakes(): Promise<{ [mistake: string]: string }> {
    const [command, ...args] = this.language.badInput;
    // Maven resets the colours of the terminal at its end, also where there is none.
    const [json] = (await this.folder.succeed(command, args)).split('\n');
    return JSON.parse(json);
  }
}
