/** How the console looks. Contrast is that of WCAG 2.2 AA in both schemes: shade 8 and autoContrast give it. */
import {
  Alert,
  Anchor,
  Badge,
  Breadcrumbs,
  Code,
  createTheme,
  type CSSVariablesResolver,
  Kbd,
  type MantineColorsTuple,
  Modal,
  NavLink,
  Notification,
} from '@mantine/core';

const bell: MantineColorsTuple = [
  '#eef4fb',
  '#dbe6f3',
  '#b3cbe6',
  '#89afd9',
  '#6696ce',
  '#5087c8',
  '#437fc6',
  '#336cb0',
  '#2a5d9e',
  '#1f3a5f',
];

/** A colour that is told from others in both schemes. */
function edgeOf(color: string): string {
  return `light-dark(var(--mantine-color-${color}-8), var(--mantine-color-${color}-4))`;
}

export const theme = createTheme({
  colors: { bell },
  primaryColor: 'bell',
  primaryShade: 8,
  autoContrast: true,
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontWeight: '650' },
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    // The colour is on the edge and the icon: on a tint of it neither text nor links would be read well.
    Alert: Alert.extend({
      styles: (_, { color = 'bell' }) => ({
        root: {
          backgroundColor: 'var(--mantine-color-body)',
          border: '1px solid var(--mantine-color-default-border)',
          borderInlineStart: `4px solid ${edgeOf(color)}`,
        },
        icon: { color: edgeOf(color) },
        title: { color: 'var(--mantine-color-text)' },
        message: { color: 'var(--mantine-color-text)' },
      }),
    }),
    Anchor: Anchor.extend({ defaultProps: { underline: 'always' } }),
    Badge: Badge.extend({ defaultProps: { variant: 'light', radius: 'sm', tt: 'none' } }),
    // One of them may be a long name, which wraps like other text.
    Breadcrumbs: Breadcrumbs.extend({
      styles: { breadcrumb: { whiteSpace: 'normal', lineHeight: 'var(--mantine-line-height-sm)' } },
    }),
    Code: Code.extend({ defaultProps: { fz: 'sm' } }),
    // A key is never broken in two.
    Kbd: Kbd.extend({ styles: { root: { whiteSpace: 'nowrap' } } }),
    Modal: Modal.extend({
      defaultProps: { centered: true, returnFocus: true, closeButtonProps: { 'aria-label': 'Close' } },
    }),
    NavLink: NavLink.extend({ defaultProps: { variant: 'light' } }),
    Notification: Notification.extend({
      defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss the message' } },
    }),
  },
});

/** Mantine's own grey for secondary text and placeholders is too pale for AA on its own backgrounds. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': 'var(--mantine-color-gray-7)',
    '--mantine-color-placeholder': 'var(--mantine-color-gray-7)',
    '--mantine-color-error': 'var(--mantine-color-red-9)',
  },
  dark: {
    '--mantine-color-dimmed': 'var(--mantine-color-dark-1)',
    '--mantine-color-placeholder': 'var(--mantine-color-dark-1)',
    '--mantine-color-error': 'var(--mantine-color-red-4)',
  },
});
