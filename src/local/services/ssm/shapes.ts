import { Shape } from '../../aws/validation';

/** @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html */
export const INSTANCE_ID = /^(i-(\w{8}|\w{17})|mi-\w{17})$/;

const instanceId: Shape = { type: 'string', pattern: INSTANCE_ID };
const instanceIds: Shape = { type: 'list', max: 50, member: instanceId };
const commandId: Shape = { type: 'string', min: 36, max: 36 };
const documentName: Shape = { type: 'string', pattern: /^[a-zA-Z0-9_\-.:/]{3,128}$/ };
const documentVersion: Shape = { type: 'string', pattern: /^([$]LATEST|[$]DEFAULT|[1-9][0-9]*)$/ };
const ownDocumentName: Shape = { type: 'string', pattern: /^[a-zA-Z0-9_\-.]{3,128}$/ };
const versionName: Shape = { type: 'string', pattern: /^[a-zA-Z0-9_\-.]{1,128}$/ };
const documentFormat: Shape = { type: 'string', values: ['JSON', 'YAML', 'TEXT'] };
const pageSize: Shape = { type: 'integer', min: 1, max: 50 };
const nextToken: Shape = { type: 'string' };
const strings: Shape = { type: 'list', member: { type: 'string' } };

const required = (shape: Shape): Shape => ({ ...shape, required: true });
const structure = (members: { [name: string]: Shape }): Shape => ({ type: 'structure', members });

const DOCUMENT_TYPES = [
  'Command', 'Policy', 'Automation', 'Session', 'Package', 'ApplicationConfiguration', 'ApplicationConfigurationSchema', 'DeploymentStrategy',
  'ChangeCalendar', 'Automation.ChangeTemplate', 'ProblemAnalysis', 'ProblemAnalysisTemplate', 'CloudFormation', 'ConformancePackTemplate',
  'QuickSetup', 'ManualApprovalPolicy', 'AutoApprovalPolicy',
];

const newVersion = {
  Name: required(ownDocumentName),
  Content: required({ type: 'string', min: 1 }),
  VersionName: versionName,
  DocumentFormat: documentFormat,
} satisfies { [name: string]: Shape };

const commandListing = {
  CommandId: commandId,
  InstanceId: instanceId,
  MaxResults: pageSize,
  NextToken: nextToken,
  Filters: {
    type: 'list',
    min: 1,
    max: 5,
    member: structure({
      key: required({ type: 'string' }),
      value: required({ type: 'string', min: 1, max: 128 }),
    }),
  },
} satisfies { [name: string]: Shape };

const logGroupName: Shape = { type: 'string', min: 1, max: 512, pattern: /^[.\-_/#A-Za-z0-9]+$/ };
const logStreamName: Shape = { type: 'string', min: 1, max: 512, pattern: /^[^:*]*$/ };

/** What requests must look like, by operation; from the models of the services. */
export const SHAPES = {
  SendCommand: structure({
    InstanceIds: instanceIds,
    Targets: {
      type: 'list',
      max: 5,
      member: structure({
        Key: { type: 'string', min: 1, max: 163, pattern: /^[\p{L}\p{Z}\p{N}_.:/=\-@]*$/u },
        Values: { type: 'list', max: 50, member: { type: 'string' } },
      }),
    },
    DocumentName: required(documentName),
    DocumentVersion: documentVersion,
    DocumentHash: { type: 'string', max: 256 },
    DocumentHashType: { type: 'string', values: ['Sha256', 'Sha1'] },
    TimeoutSeconds: { type: 'integer', min: 30, max: 2_592_000 },
    Comment: { type: 'string', max: 100 },
    Parameters: { type: 'structure', member: strings },
    OutputS3BucketName: { type: 'string', min: 3, max: 63 },
    OutputS3KeyPrefix: { type: 'string', max: 500 },
    MaxConcurrency: { type: 'string', min: 1, max: 7, pattern: /^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$/ },
    MaxErrors: { type: 'string', min: 1, max: 7, pattern: /^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$/ },
    CloudWatchOutputConfig: structure({
      CloudWatchLogGroupName: logGroupName,
      CloudWatchOutputEnabled: { type: 'boolean' },
    }),
  }),
  CancelCommand: structure({ CommandId: required(commandId), InstanceIds: instanceIds }),
  ListCommands: structure(commandListing),
  ListCommandInvocations: structure({ ...commandListing, Details: { type: 'boolean' } }),
  GetCommandInvocation: structure({
    CommandId: required(commandId),
    InstanceId: required(instanceId),
    PluginName: { type: 'string', min: 4 },
  }),
  GetCalendarState: structure({
    CalendarNames: required({ type: 'list', member: { type: 'string' } }),
    AtTime: { type: 'string' },
  }),
  DescribeInstanceInformation: structure({
    InstanceInformationFilterList: {
      type: 'list',
      member: structure({ key: required({ type: 'string' }), valueSet: required({ ...strings, min: 1, max: 100 }) }),
    },
    Filters: {
      type: 'list',
      member: structure({ Key: required({ type: 'string', min: 1 }), Values: required({ ...strings, min: 1, max: 100 }) }),
    },
    MaxResults: { type: 'integer', min: 5, max: 50 },
    NextToken: nextToken,
  }),
  CreateDocument: structure({
    ...newVersion,
    DocumentType: { type: 'string', values: DOCUMENT_TYPES },
    Tags: {
      type: 'list',
      max: 1000,
      member: structure({
        Key: required({ type: 'string', min: 1, max: 128, pattern: /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/iu }),
        Value: required({ type: 'string', max: 256, pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u }),
      }),
    },
  }),
  UpdateDocument: structure({ ...newVersion, DocumentVersion: documentVersion }),
  UpdateDocumentDefaultVersion: structure({
    Name: required(ownDocumentName),
    DocumentVersion: required({ type: 'string', pattern: /^[1-9][0-9]*$/ }),
  }),
  DeleteDocument: structure({
    Name: required(ownDocumentName),
    DocumentVersion: documentVersion,
    VersionName: versionName,
    Force: { type: 'boolean' },
  }),
  DescribeDocument: structure({ Name: required(documentName), DocumentVersion: documentVersion, VersionName: versionName }),
  GetDocument: structure({
    Name: required(documentName),
    DocumentVersion: documentVersion,
    VersionName: versionName,
    DocumentFormat: documentFormat,
  }),
  ListDocuments: structure({
    DocumentFilterList: {
      type: 'list',
      min: 1,
      member: structure({
        key: required({ type: 'string', values: ['Name', 'Owner', 'PlatformTypes', 'DocumentType'] }),
        value: required({ type: 'string', min: 1 }),
      }),
    },
    Filters: {
      type: 'list',
      max: 6,
      member: structure({
        Key: { type: 'string', min: 1, max: 128 },
        Values: { type: 'list', member: { type: 'string', min: 1, max: 256 } },
      }),
    },
    MaxResults: pageSize,
    NextToken: nextToken,
  }),
  ListDocumentVersions: structure({ Name: required(documentName), MaxResults: pageSize, NextToken: nextToken }),

  CreateLogStream: structure({ logGroupName: required(logGroupName), logStreamName: required(logStreamName) }),
  DescribeLogStreams: structure({
    logGroupName: required(logGroupName),
    logStreamNamePrefix: logStreamName,
    limit: { type: 'integer', min: 1, max: 50 },
    nextToken,
  }),
  GetLogEvents: structure({
    logGroupName: required(logGroupName),
    logStreamName: required(logStreamName),
    startTime: { type: 'integer', min: 0 },
    endTime: { type: 'integer', min: 0 },
    startFromHead: { type: 'boolean' },
    limit: { type: 'integer', min: 1, max: 10_000 },
    nextToken,
  }),
  FilterLogEvents: structure({
    logGroupName: required(logGroupName),
    logStreamNames: { type: 'list', min: 1, max: 100, member: logStreamName },
    logStreamNamePrefix: logStreamName,
    filterPattern: { type: 'string', max: 1024 },
    startTime: { type: 'integer', min: 0 },
    endTime: { type: 'integer', min: 0 },
    limit: { type: 'integer', min: 1, max: 10_000 },
    nextToken,
  }),
} satisfies { [operation: string]: Shape };
