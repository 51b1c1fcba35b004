using System;
using System.Reflection;

namespace Emopic.Tests
{
    /// <summary>A check that needs nothing from outside.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    internal sealed class CheckAttribute : Attribute
    {
    }

    /// <summary>Runs every static method with <see cref="CheckAttribute"/> and tells how it went.</summary>
    internal static partial class Checks
    {
        public static int Run()
        {
            foreach (MethodInfo method in typeof(Checks).GetMethods(BindingFlags.Static | BindingFlags.NonPublic))
            {
                if (method.GetCustomAttribute<CheckAttribute>() == null) continue;
                Program.Out.WriteLine(method.Name + "\t" + Outcome(method));
            }
            return 0;
        }

        private static string Outcome(MethodInfo method)
        {
            try
            {
                method.Invoke(null, null);
                return "ok";
            }
            catch (TargetInvocationException error)
            {
                return error.InnerException.ToString().Replace("\n", " | ");
            }
        }

        private static void That(bool holds, string what)
        {
            if (!holds) throw new InvalidOperationException(what);
        }

        private static void Same(object wanted, object got, string what)
        {
            That(Equals(wanted, got), what + ": wanted " + wanted + ", got " + got);
        }

        private static void Near(double wanted, double got, string what)
        {
            That(Math.Abs(wanted - got) < 1e-4, what + ": wanted " + wanted + ", got " + got);
        }
    }
}
