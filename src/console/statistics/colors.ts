/** The colours of the charts: told from each other, and from the ground in both schemes (3:1), by their lightness, too. */
export const DELIVERED = 'light-dark(var(--mantine-color-teal-7), var(--mantine-color-teal-5))';
export const FAILED = 'light-dark(var(--mantine-color-red-9), var(--mantine-color-red-4))';
export const TIME = 'light-dark(var(--mantine-color-bell-7), var(--mantine-color-bell-4))';
/** A line over both, told from them by more than its colour. */
export const RATE = 'light-dark(var(--mantine-color-dark-7), var(--mantine-color-gray-1))';
