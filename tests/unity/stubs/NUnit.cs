using System;

namespace NUnit.Framework
{
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class TestAttribute : Attribute { }

    public static class Assert
    {
        public static void IsTrue(bool holds, string what)
        {
            if (!holds) throw new InvalidOperationException(what);
        }

        public static void AreEqual(object wanted, object got)
        {
            if (!Equals(wanted, got)) throw new InvalidOperationException("wanted " + wanted + ", got " + got);
        }

        public static void Ignore(string why) { throw new NotSupportedException(why); }
    }
}
