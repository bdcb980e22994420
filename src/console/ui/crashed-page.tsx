/** A bug of ours, or a part of the page that could not be loaded after an update of the server. */
import { Alert, Button, Center, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useRouteError } from 'react-router';

export function CrashedPage() {
  const error = useRouteError();
  const outdated = error instanceof TypeError && /import|module/i.test(error.message);
  return (
    <Center mih="60vh" p="md">
      <Alert
        color="red"
        role="alert"
        icon={<IconAlertTriangle aria-hidden />}
        title={outdated ? 'A part of this page could not be loaded' : 'Something went wrong on this page'}
      >
        <Stack gap="sm" align="flex-start">
          <Text size="sm">
            {outdated
              ? 'The server may have been updated, or be out of reach.'
              : 'The page has a fault. What you saved is safe on the server.'}
          </Text>
          <Button variant="default" onClick={() => window.location.reload()}>
            Load the page again
          </Button>
        </Stack>
      </Alert>
    </Center>
  );
}
