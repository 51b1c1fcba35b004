namespace Emopic
{
    /// <summary>The inverse cosine transform of a block of 8 × 8, in whole numbers.</summary>
    /// <remarks>
    /// Loeffler, Ligtenberg and Moschytz, "Practical fast 1-D DCT algorithms with 11 multiplications"
    /// (ICASSP 1989), once down the columns and once along the rows.
    /// </remarks>
    internal static class InverseCosine
    {
        private const int Bits = 12; // of a constant's fraction
        private const int Kept = 2; // of a column's result

        private const int C0298 = 1223; // 0.298631336, and so on, times 1 << Bits
        private const int C0390 = 1598;
        private const int C0541 = 2217;
        private const int C0765 = 3135;
        private const int C0899 = 3685;
        private const int C1175 = 4816;
        private const int C1501 = 6149;
        private const int C1847 = 7567;
        private const int C1961 = 8035;
        private const int C2053 = 8410;
        private const int C2562 = 10498;
        private const int C3072 = 12586;

        /// <summary>Transform a block, which is overwritten, into 8 rows of pixels.</summary>
        public static void Transform(int[] block, byte[] plane, int place, int stride)
        {
            if (IsFlat(block))
            {
                Fill(Pixel((block[0] + 4 >> 3) + 128), plane, place, stride);
                return;
            }
            for (int x = 0; x < 8; x++) Line(block, x, 8, Bits - Kept, 0);
            for (int y = 0; y < 8; y++)
            {
                Line(block, y * 8, 1, Bits + Kept + 3, 128);
                for (int x = 0; x < 8; x++) plane[place + x] = Pixel(block[y * 8 + x]);
                place += stride;
            }
        }

        private static bool IsFlat(int[] block)
        {
            for (int i = 1; i < 64; i++)
            {
                if (block[i] != 0) return false;
            }
            return true;
        }

        private static void Fill(byte value, byte[] plane, int place, int stride)
        {
            for (int y = 0; y < 8; y++, place += stride)
            {
                for (int x = 0; x < 8; x++) plane[place + x] = value;
            }
        }

        private static byte Pixel(int value)
        {
            return (byte)(value < 0 ? 0 : value > 255 ? 255 : value);
        }

        /// <summary>Eight numbers, <paramref name="step"/> apart, in place.</summary>
        private static void Line(int[] v, int at, int step, int shift, int bias)
        {
            int i1 = at + step, i2 = i1 + step, i3 = i2 + step, i4 = i3 + step;
            int i5 = i4 + step, i6 = i5 + step, i7 = i6 + step;

            int turned = (v[i2] + v[i6]) * C0541;
            int low = turned - v[i6] * C1847;
            int high = turned + v[i2] * C0765;
            int round = (1 << shift - 1) + (bias << shift);
            int sum = (v[at] + v[i4] << Bits) + round;
            int difference = (v[at] - v[i4] << Bits) + round;
            int even0 = sum + high, even3 = sum - high;
            int even1 = difference + low, even2 = difference - low;

            int a = v[i7], b = v[i5], c = v[i3], d = v[i1];
            int all = (a + c + b + d) * C1175;
            int ad = -(a + d) * C0899;
            int bc = -(b + c) * C2562;
            int ac = all - (a + c) * C1961;
            int bd = all - (b + d) * C0390;
            int odd0 = d * C1501 + ad + bd;
            int odd1 = c * C3072 + bc + ac;
            int odd2 = b * C2053 + bc + bd;
            int odd3 = a * C0298 + ad + ac;

            v[at] = even0 + odd0 >> shift;
            v[i7] = even0 - odd0 >> shift;
            v[i1] = even1 + odd1 >> shift;
            v[i6] = even1 - odd1 >> shift;
            v[i2] = even2 + odd2 >> shift;
            v[i5] = even2 - odd2 >> shift;
            v[i3] = even3 + odd3 >> shift;
            v[i4] = even3 - odd3 >> shift;
        }
    }
}
