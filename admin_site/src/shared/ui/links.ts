import type { ReactNode } from "react";

/** A link that takes clicks for the whole of its nearest `relative` ancestor: a card, a row, a bar. */
export const wholeLink = "rounded hover:underline after:absolute after:inset-0";

/** Puts a link around what names a row of a chart or a legend; the content as it is where none is. */
export type Wrap = (key: string, content: ReactNode) => ReactNode;
