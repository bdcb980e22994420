/** That a certificate ends soon, or has ended: nothing while there is time. */
import { Alert } from '@mantine/core';
import { IconAlertTriangle, IconCertificate } from '@tabler/icons-react';

/** So long before the end it is warned of, ms: time enough to get another one. */
const SOON_MS = 30 * 86_400_000;

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' });

interface CertificateEndProps {
  /** When it ends. */
  at: string;
  /** "Replace it": what to do about it here; left out where nothing can be done. */
  remedy?: string;
}

export function CertificateEnd({ at, remedy = '' }: CertificateEndProps) {
  const end = new Date(at);
  const left = end.getTime() - Date.now();
  if (left > SOON_MS) return null;
  const over = left <= 0;
  return (
    <Alert
      color={over ? 'red' : 'yellow'}
      p="sm"
      icon={over ? <IconAlertTriangle aria-hidden /> : <IconCertificate aria-hidden />}
      title={
        over
          ? `The client certificate ended on ${DATE.format(end)}`
          : `The client certificate ends on ${DATE.format(end)}`
      }
    >
      {over
        ? 'A receiver that checks it refuses every request.'
        : `That is ${inDays(left)}; then a receiver that checks it refuses every request.`}{' '}
      {remedy}
    </Alert>
  );
}

function inDays(ms: number): string {
  const days = Math.floor(ms / 86_400_000);
  if (days === 0) return 'in less than a day';
  return days === 1 ? 'tomorrow' : `in ${days} days`;
}
