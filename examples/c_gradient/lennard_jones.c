/* Two atoms: the Lennard-Jones energy, switched off smoothly, and its gradient by hand.

   cc -O2 lennard_jones.c -o lennard_jones -lm
   ./lennard_jones | graphdiff check -f lennard_jones.gd --table -

   With -D WRONG_SIGN the slope of the switch has the wrong sign. The energy stays the same, and so
   does the gradient wherever the switch is constant: such a mistake can go unnoticed for long. */

#include <math.h>
#include <stdio.h>

static const double eps = 0.997, sigma = 3.4, r_on = 7.0, r_off = 9.0;

/* The energy at p = (x, y, z); its gradient goes into g. */
static double energy(const double p[3], double g[3])
{
    double r = sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
    double attraction = pow(sigma / r, 6), repulsion = attraction * attraction;
    double pair = 4 * eps * (repulsion - attraction);
    double pair_slope = -24 * eps / r * (2 * repulsion - attraction);
    double on = 1, on_slope = 0;

    if (r >= r_off) {
        on = 0;
    } else if (r > r_on) {
        double width = r_off - r_on;
        on = (r_off - r) * (r_off - r) * (r_off + 2 * r - 3 * r_on) / (width * width * width);
        on_slope = -6 * (r_off - r) * (r - r_on) / (width * width * width);
#ifdef WRONG_SIGN
        on_slope = -on_slope;
#endif
    }
    double slope = pair_slope * on + pair * on_slope;
    for (int k = 0; k < 3; k++)
        g[k] = slope * p[k] / r;
    return pair * on;
}

/* A number between low and high, the same sequence on every machine. */
static double draw(double low, double high)
{
    static unsigned long state = 1;
    state = (state * 1103515245UL + 12345UL) & 0x7fffffffUL;
    return low + (high - low) * (double)state / 2147483648.0;
}

int main(void)
{
    puts("x,y,z,V,dV/dx,dV/dy,dV/dz");
    for (int row = 0; row < 500; row++) {
        double p[3], g[3];
        for (int k = 0; k < 3; k++)
            p[k] = draw(2, 6);
        double v = energy(p, g);
        printf("%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g\n", p[0], p[1], p[2], v, g[0], g[1], g[2]);
    }
    return 0;
}
