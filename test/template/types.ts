/** What a generated expression gives, as far as it decides where the expression can stand. */
export type Type =
  | 'string'
  | 'html'
  | 'int'
  | 'byte'
  | 'int64'
  | 'float'
  | 'bool'
  | 'strings'
  | 'labels'
  | 'pairs'
  | 'pair'
  | 'data'
  | 'alerts'
  | 'alertSlice'
  | 'alert'
  | 'time'
  | 'duration'
  | 'month'
  | 'weekday';

/** Fields and methods without arguments, with what they give. */
export const FIELDS: Readonly<Partial<Record<Type, Readonly<Record<string, Type>>>>> = {
  data: {
    Receiver: 'string',
    Status: 'string',
    Alerts: 'alerts',
    GroupLabels: 'labels',
    CommonLabels: 'labels',
    CommonAnnotations: 'labels',
    ExternalURL: 'string',
  },
  alerts: { Firing: 'alertSlice', Resolved: 'alertSlice' },
  alert: {
    Status: 'string',
    Labels: 'labels',
    Annotations: 'labels',
    StartsAt: 'time',
    EndsAt: 'time',
    GeneratorURL: 'string',
    Fingerprint: 'string',
  },
  labels: {
    alertname: 'string',
    severity: 'string',
    instance: 'string',
    summary: 'string',
    missing: 'string',
    SortedPairs: 'pairs',
    Names: 'strings',
    Values: 'strings',
  },
  pairs: { Names: 'strings', Values: 'strings' },
  pair: { Name: 'string', Value: 'string' },
  time: {
    Year: 'int',
    Month: 'month',
    Day: 'int',
    Hour: 'int',
    Minute: 'int',
    Second: 'int',
    Nanosecond: 'int',
    YearDay: 'int',
    Weekday: 'weekday',
    Unix: 'int64',
    UnixMilli: 'int64',
    UTC: 'time',
    IsZero: 'bool',
    String: 'string',
  },
  duration: {
    Hours: 'float',
    Minutes: 'float',
    Seconds: 'float',
    Milliseconds: 'int64',
    Nanoseconds: 'int64',
    Abs: 'duration',
    String: 'string',
  },
  month: { String: 'string' },
  weekday: { String: 'string' },
};

/** Each with the type of what it holds. */
export const ITEMS: Readonly<Partial<Record<Type, Type>>> = {
  strings: 'string',
  labels: 'string',
  pairs: 'pair',
  alerts: 'alert',
  alertSlice: 'alert',
};
