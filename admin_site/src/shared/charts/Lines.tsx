import type { Series, TimePoint } from "./TimeChart";

interface Place {
  index: number;
  left: number;
  top: number;
}

/** One line a series, broken where nothing is known; what stands alone is a dot. */
export function Lines({
  points,
  series,
  x,
  y,
  height,
  active,
}: {
  points: readonly TimePoint[];
  series: readonly Series[];
  /** The middle of a bucket. */
  x: (time: string) => number;
  y: (value: number) => number;
  height: number;
  active: number | null;
}) {
  const read = active === null ? undefined : points[active];
  return (
    <>
      {read ? (
        <line
          x1={x(read.time)}
          x2={x(read.time)}
          y2={height}
          stroke="var(--line-strong)"
          strokeDasharray="2 3"
        />
      ) : null}
      {series.map((one) => {
        const parts = unbroken(points, one.key, x, y);
        return (
          <g key={one.key} data-series={one.key}>
            {parts.map((part) => (
              <path
                key={part[0]?.index}
                d={`M${part.map((place) => `${place.left},${place.top}`).join("L")}`}
                fill="none"
                stroke={one.colour}
                strokeWidth={2}
                strokeLinejoin="round"
                strokeLinecap="round"
              />
            ))}
            {parts.flatMap((part) =>
              part
                .filter((place) => part.length === 1 || place.index === active)
                .map((place) => (
                  <circle
                    key={place.index}
                    cx={place.left}
                    cy={place.top}
                    r={3.5}
                    fill={one.colour}
                    stroke="var(--raised)"
                  />
                )),
            )}
          </g>
        );
      })}
    </>
  );
}

/** The stretches of a series in which every bucket has a value. */
function unbroken(
  points: readonly TimePoint[],
  key: string,
  x: (time: string) => number,
  y: (value: number) => number,
): Place[][] {
  const parts: Place[][] = [];
  let part: Place[] = [];
  points.forEach((point, index) => {
    const value = point.values[key];
    if (value === undefined) {
      part = [];
      return;
    }
    if (part.length === 0) parts.push(part);
    part.push({ index, left: x(point.time), top: y(value) });
  });
  return parts;
}
