import { Annotations } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** Words that say of a value that it is a secret, also as the end of a longer word: `PGPASSWORD`, `authtoken`. */
const SECRETS = /(?:PASSWORDS?|PASSWD|PASSPHRASES?|SECRETS?|TOKEN|CREDENTIALS?|(?:API|ACCESS|PRIVATE|SECRET|ENCRYPTION|SIGNING)KEYS?)$/;

/** The same in several words, or only after another one: `DB_PWD`, `SMTP_PASS`, `API_KEY`. `PRIMARY_KEY` and `FIRST_PASS` are none. */
const SECRET_PHRASES = new RegExp([
  /(?:^|_)(?:API|ACCESS|PRIVATE|SECRET|ENCRYPTION|DECRYPTION|SIGNING|AUTH|MASTER|SHARED|SSH|ACCOUNT)_KEYS?$/,
  /(?:^|_)(?:DB|DATABASE|USER|ADMIN|ROOT|SMTP|MAIL|FTP|SFTP|LDAP|PROXY|HTTP|SSH|KEYSTORE|MYSQL|POSTGRES|PG|ORACLE|ORA|MSSQL|SQL)_PASS$/,
  /[A-Z0-9]_PWD$/,
].map(({ source }) => source).join('|'));

/** Tokens of pages and parsers, which open no door. */
const HARMLESS = /(?:^|_)(?:NEXT|PAGE|PAGINATION|CONTINUATION|SYNC|START|STOP|END|SEPARATOR|MAX|MIN)_TOKEN$/;

/** What a name may have behind the word that counts. Anything else says that it is not the secret itself: `TOKEN_COUNT`, `SECRET_ARN`. */
const QUALIFIERS = /(?:_(?:OLD|NEW|CURRENT|PREVIOUS|VALUE|TEXT|PLAIN|BASE64|B64|HEX|DEV|TEST|QA|STAGING|PROD|PRODUCTION|PRIMARY|SECONDARY|\d+))+$/;

/** Whether a name is that of a secret: `DB_PASSWORD`, `clientSecret`, `apiKey`. `KEYWORDS`, `TOKEN_COUNT` and `SECRET_ARN` are not. */
export function isSecretName(name: string): boolean {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/([A-Z])([A-Z][a-z])/g, '$1_$2').toUpperCase();
  const plain = words.replace(/_+/g, '_').replace(QUALIFIERS, '').replace(/\d+$/, '').replace(/_$/, '');
  return (SECRETS.test(plain) || SECRET_PHRASES.test(plain)) && !HARMLESS.test(plain);
}

/**
 * Warns of values that are not treated as what their names say.
 *
 * @param prop how the names are set
 * @param where they can be read
 */
export function warnOfSecretNames(scope: IConstruct, prop: string, names: string[], where: string): void {
  const secret = names.filter(isSecretName);
  if (secret.length > 0) {
    Annotations.of(scope).addWarningV2('cdk-cots-batch-job:plainSecret',
      `${prop} should have no secrets, because their values can be read in ${where}: secrets hands them to the program alone, got ${secret.join(', ')}`);
  }
}
