import { Toast as Base } from "@base-ui/react/toast";
import { CircleAlert, CircleCheck, X } from "lucide-react";
import { Button, IconButton } from "./Button";
import { cn } from "./cn";
import { useUiTexts } from "./texts";

interface ToastData {
  undo?: () => void;
}

const manager = Base.createToastManager<ToastData>();
const SHOWN_MILLISECONDS = 7_000;

/** Says what happened; with `undo`, how to take it back. Callable from anywhere. */
export function toast(message: string, options: { undo?: () => void } = {}): void {
  manager.add({ title: message, type: "ok", timeout: SHOWN_MILLISECONDS, data: options });
}

/** Says what did not work; stays until it is closed. */
export function toastError(message: string, description?: string): void {
  manager.add({
    title: message,
    ...(description ? { description } : {}),
    type: "error",
    timeout: 0,
    priority: "high",
  });
}

/** Where toasts appear; once, in the app's frame. */
export function Toaster() {
  const t = useUiTexts();
  return (
    <Base.Provider toastManager={manager} limit={4}>
      <Base.Portal>
        {/* On a phone the newest alone, at the top: below, it would cover the buttons of dialogs. */}
        <Base.Viewport
          aria-label={t("notifications")}
          className="pointer-events-none fixed top-12 right-0 z-60 flex w-full flex-col gap-2 p-4 *:pointer-events-auto max-sm:*:not-first:hidden sm:top-auto sm:bottom-0 sm:w-96"
        >
          <List />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}

function List() {
  const t = useUiTexts();
  const { toasts, close } = Base.useToastManager<ToastData>();
  return toasts.map((one) => {
    const undo = one.data?.undo;
    return (
      <Base.Root
        key={one.id}
        toast={one}
        className="rounded-xl border border-line bg-raised shadow-float transition duration-200 data-ending-style:translate-y-2 data-starting-style:translate-y-2 data-ending-style:opacity-0 data-starting-style:opacity-0"
      >
        <div className="flex items-start gap-3 p-3.5">
          {one.type === "error" ? (
            <CircleAlert className="mt-0.5 size-4.5 shrink-0 text-danger" aria-hidden />
          ) : (
            <CircleCheck className="mt-0.5 size-4.5 shrink-0 text-ok" aria-hidden />
          )}
          <div className="min-w-0 flex-1">
            <Base.Title className="font-medium text-ink" />
            <Base.Description className={cn("mt-0.5 text-[0.8125rem] text-ink-soft")} />
          </div>
          {undo ? (
            <Button
              size="small"
              onClick={() => {
                close(one.id);
                undo();
              }}
            >
              {t("undo")}
            </Button>
          ) : null}
          <IconButton label={t("close")} className="-m-1.5 size-8" onClick={() => close(one.id)}>
            <X className="size-4" aria-hidden />
          </IconButton>
        </div>
      </Base.Root>
    );
  });
}
