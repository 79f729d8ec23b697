/** For what scrolls by itself: it must be reachable by keyboard, and have a name then. */
export const reachable = (label: string) => ({ tabIndex: 0, role: "group", "aria-label": label }) as const;
