/** Class names that all tables share: rows of one height on wide screens, two lines on narrow ones. */
export const head = "h-8 border-line border-b px-3 text-quiet text-small whitespace-nowrap";
export const cell = "h-9 border-line border-b px-3 whitespace-nowrap";
/** Right-aligned figures. */
export const figures = "text-end tabular-nums";
/** Stretches a row's link over its row, so that the whole row can be clicked and one link is focused. */
export const rowLink =
	"after:absolute after:inset-0 after:content-[''] focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent";
