# The energy of two atoms at a distance, switched off smoothly between on and off.
V = where(r < off, pair*switch, 0)
pair = 4*eps*((sigma/r)^12 - (sigma/r)^6)
switch = where(r < on, 1, (off - r)^2*(off + 2*r - 3*on)/(off - on)^3)
r = sqrt(x^2 + y^2 + z^2)
eps = 0.997; sigma = 3.4; on = 7; off = 9
