import type { Wrap } from "../ui/links";

/** Parts of a whole as bars, the greatest first. */
export function Breakdown({
  rows,
  formatValue,
  formatShare,
  wrap = (_, label) => label,
}: {
  rows: readonly { key: string; label: string; value: number; colour: string; note?: string }[];
  formatValue: (value: number) => string;
  /** `share` is in percent. */
  formatShare: (share: number) => string;
  /** A link to what is behind a row. */
  wrap?: Wrap;
}) {
  const total = rows.reduce((sum, row) => sum + row.value, 0);
  const greatest = Math.max(1, ...rows.map((row) => row.value));
  return (
    <ul className="flex flex-col gap-3.5">
      {rows.map((row) => (
        <li key={row.key} className="relative">
          <div className="mb-1.5 flex items-baseline gap-3">
            <span className="min-w-0 flex-1 truncate font-medium text-ink" title={row.label}>
              {wrap(row.key, row.label)}
            </span>
            {row.note ? <span className="text-ink-faint text-xs">{row.note}</span> : null}
            <span className="tabular text-ink">{formatValue(row.value)}</span>
            <span className="tabular w-12 text-right text-ink-soft text-xs">
              {formatShare(total === 0 ? 0 : (100 * row.value) / total)}
            </span>
          </div>
          <div className="h-1.5 overflow-hidden rounded-full bg-sunken">
            <div
              className="h-full rounded-full"
              style={{ width: `${(100 * row.value) / greatest}%`, background: row.colour }}
            />
          </div>
        </li>
      ))}
    </ul>
  );
}
