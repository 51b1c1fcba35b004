using System;

namespace Emopic
{
    /// <summary>How long to wait before the next attempt to connect.</summary>
    /// <remarks>
    /// Waits double from <see cref="First"/> up to <see cref="Most"/> seconds, each shortened by up
    /// to <see cref="Jitter"/> of itself, so that many clients do not return in one instant.
    /// </remarks>
    public sealed class Backoff
    {
        /// <summary>Seconds to wait after the first failure.</summary>
        public double First { get; }

        /// <summary>The longest wait in seconds.</summary>
        public double Most { get; }

        /// <summary>By which part of itself a wait may be shortened, 0 … 1.</summary>
        public double Jitter { get; }

        /// <summary>Give up after so many failures in a row; null for never.</summary>
        public int? Attempts { get; }

        /// <summary>Waits with these bounds.</summary>
        public Backoff(double first = 0.25, double most = 10, double jitter = 0.5, int? attempts = null)
        {
            if (!(first > 0 && first <= most && jitter >= 0 && jitter <= 1))
            {
                throw new ArgumentException("a back-off needs 0 < first <= most and 0 <= jitter <= 1");
            }
            First = first;
            Most = most;
            Jitter = jitter;
            Attempts = attempts;
        }

        /// <summary>
        /// Seconds to wait after so many failures in a row, or null to give up;
        /// <paramref name="chance"/> is drawn from 0 … 1.
        /// </summary>
        public double? Delay(int failures, double chance)
        {
            if (failures > Attempts) return null;
            double whole = Math.Min(Most, First * Math.Pow(2, Math.Min(failures - 1, 60)));
            return whole * (1 - Jitter * chance);
        }
    }
}
