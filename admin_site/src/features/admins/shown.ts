import { useEffect, useState } from "react";

const CLOSING_MILLISECONDS = 300;

/** What a dialog is about, kept while it fades: its words must not vanish before it. */
export function useLastShown<T>(value: T | null): T | null {
  const [last, setLast] = useState(value);
  useEffect(() => {
    if (value !== null) setLast(value);
  }, [value]);
  return value ?? last;
}

/** A secret shown once: leaves the memory when its dialog has faded. */
export function useSecret<T>(open: boolean) {
  const [secret, setSecret] = useState<T | null>(null);
  const [isKept, setKept] = useState(false);
  const [isAsking, setAsking] = useState(false);
  useEffect(() => {
    const forget = () => {
      setSecret(null);
      setKept(false);
      setAsking(false);
    };
    if (open) return forget();
    const timer = setTimeout(forget, CLOSING_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [open]);
  return {
    secret,
    show: setSecret,
    isAsking,
    keep: () => {
      setKept(true);
      setAsking(false);
    },
    stay: () => setAsking(false),
    /** True when the dialog may go; asks first when the secret was not copied. */
    mayClose: () => {
      if (secret !== null && !isKept) {
        setAsking(true);
        return false;
      }
      return true;
    },
  };
}
