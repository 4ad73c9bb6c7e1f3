import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { IconButton } from "./Button";
import { cn } from "./cn";
import { useUiTexts } from "./texts";

const FIRST_FIELD = "input:not([type=file], [type=radio], [type=checkbox]), textarea";
const WIDTHS = { small: "max-w-md", medium: "max-w-xl", large: "max-w-3xl" } as const;

/** A modal dialog; on a phone it rises from the bottom. Closing is asked for, the owner does it. */
export function Dialog({
  open,
  onClose,
  title,
  description,
  width = "small",
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  description?: ReactNode;
  width?: keyof typeof WIDTHS;
  children: ReactNode;
}) {
  const t = useUiTexts();
  const body = useRef<HTMLDivElement>(null);
  // A form is typed into at once; by touch the keyboard would cover it.
  const firstField = (how: string) =>
    (how === "touch" ? null : body.current?.querySelector<HTMLElement>(FIRST_FIELD)) ?? true;
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-black/45 transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Base.Viewport className="fixed inset-0 z-50 flex items-end justify-center sm:items-center sm:p-6">
          <Base.Popup
            initialFocus={firstField}
            className={cn(
              "relative flex max-h-[92dvh] w-full flex-col rounded-t-2xl border border-line bg-raised shadow-float outline-none sm:rounded-2xl",
              "transition duration-150 data-ending-style:translate-y-3 data-starting-style:translate-y-3 data-ending-style:opacity-0 data-starting-style:opacity-0",
              WIDTHS[width],
            )}
          >
            <header className="flex items-start gap-4 px-6 pt-5 pb-2">
              <div className="min-w-0 flex-1">
                <Base.Title className="font-semibold text-lg text-ink">{title}</Base.Title>
                {description ? (
                  <Base.Description className="mt-1 text-ink-soft">{description}</Base.Description>
                ) : null}
              </div>
              <Base.Close
                render={
                  <IconButton label={t("close")} className="-mt-1 -mr-2">
                    <X className="size-4" aria-hidden />
                  </IconButton>
                }
              />
            </header>
            <div ref={body} className="overflow-y-auto px-6 pt-2 pb-6">
              {children}
            </div>
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}

/** The buttons at the end of a dialog's form. */
export function DialogActions({ children }: { children: ReactNode }) {
  return (
    <div className="mt-6 flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">{children}</div>
  );
}
