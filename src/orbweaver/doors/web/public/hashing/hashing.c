/* SHA-256, MD5 and PDQ for the page on which survivors hash pictures in their own browser (ADR 32).
 *
 * No library, no input or output, no time, no chance: it reads memory that the page filled and writes memory that the page reads.
 * `make wasm` makes hashing.wasm of it, bit for bit. PDQ is that of orbweaver.fingerprints (operator.py, pdq_hash.py), which follows
 * Meta's pdqhashing.cpp.
 */

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define EXPORT(name) __attribute__((export_name(name)))
#define PAGE 65536u

extern u8 __heap_base;

/* The room behind all that is fixed: `size` bytes of it, for a piece of a file or the pixels of a picture; 0 if there is no more. */
static u8 *arena(u64 size) {
  u32 begin = ((u32)&__heap_base + 15u) & ~15u;
  u64 there = (u64)__builtin_wasm_memory_size(0) * PAGE, needed = begin + size;
  if (needed > 0xffff0000ull) return 0;
  if (needed > there && __builtin_wasm_memory_grow(0, (u32)((needed - there + PAGE - 1) / PAGE)) == (unsigned long)-1) return 0;
  return (u8 *)begin;
}

EXPORT("room") u8 *room(u32 size) { return arena(size); }

/* Digests, both of the same bytes. */

static const u32 SHA_K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
static const u32 MD5_K[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};
static const u8 MD5_TURN[16] = {7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21};

static u32 sha[8], md5[4], held;
static u64 total;
static u8 block[64];
static u8 digests[48];

static u32 right(u32 x, u32 n) { return (x >> n) | (x << (32 - n)); }
static u32 left(u32 x, u32 n) { return (x << n) | (x >> (32 - n)); }

static void sha_block(const u8 *p) {
  u32 w[64], s[8];
  for (u32 i = 0; i < 16; i++) w[i] = (u32)p[4 * i] << 24 | (u32)p[4 * i + 1] << 16 | (u32)p[4 * i + 2] << 8 | p[4 * i + 3];
  for (u32 i = 16; i < 64; i++) {
    u32 a = right(w[i - 15], 7) ^ right(w[i - 15], 18) ^ (w[i - 15] >> 3);
    u32 b = right(w[i - 2], 17) ^ right(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + a + w[i - 7] + b;
  }
  for (u32 i = 0; i < 8; i++) s[i] = sha[i];
  for (u32 i = 0; i < 64; i++) {
    u32 e = right(s[4], 6) ^ right(s[4], 11) ^ right(s[4], 25), choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
    u32 one = s[7] + e + choice + SHA_K[i] + w[i];
    u32 a = right(s[0], 2) ^ right(s[0], 13) ^ right(s[0], 22), most = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
    for (u32 k = 7; k > 0; k--) s[k] = s[k - 1];
    s[4] += one;
    s[0] = one + a + most;
  }
  for (u32 i = 0; i < 8; i++) sha[i] += s[i];
}

static void md5_block(const u8 *p) {
  u32 w[16], a = md5[0], b = md5[1], c = md5[2], d = md5[3];
  for (u32 i = 0; i < 16; i++) w[i] = (u32)p[4 * i + 3] << 24 | (u32)p[4 * i + 2] << 16 | (u32)p[4 * i + 1] << 8 | p[4 * i];
  for (u32 i = 0; i < 64; i++) {
    u32 round = i / 16, f, g;
    if (round == 0) f = (b & c) | (~b & d), g = i;
    else if (round == 1) f = (d & b) | (~d & c), g = (5 * i + 1) % 16;
    else if (round == 2) f = b ^ c ^ d, g = (3 * i + 5) % 16;
    else f = c ^ (b | ~d), g = (7 * i) % 16;
    u32 next = b + left(a + f + MD5_K[i] + w[g], MD5_TURN[4 * round + i % 4]);
    a = d, d = c, c = b, b = next;
  }
  md5[0] += a, md5[1] += b, md5[2] += c, md5[3] += d;
}

EXPORT("begin") void begin(void) {
  static const u32 SHA[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  static const u32 MD5[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  for (u32 i = 0; i < 8; i++) sha[i] = SHA[i];
  for (u32 i = 0; i < 4; i++) md5[i] = MD5[i];
  held = 0, total = 0;
}

/* The next `size` bytes of the file, which lie at `room`. */
EXPORT("update") void update(u32 size) {
  const u8 *p = arena(size);
  total += size;
  for (u32 i = 0; i < size;) {
    if (held == 0 && size - i >= 64) {
      sha_block(p + i), md5_block(p + i), i += 64;
      continue;
    }
    block[held++] = p[i++];
    if (held == 64) sha_block(block), md5_block(block), held = 0;
  }
}

static void padded(void (*one)(const u8 *), int big) {
  u8 last[128];
  u32 size = held < 56 ? 64 : 128;
  for (u32 i = 0; i < size; i++) last[i] = i < held ? block[i] : i == held ? 0x80 : 0;
  for (u32 i = 0; i < 8; i++) last[big ? size - 1 - i : size - 8 + i] = (u8)((total * 8) >> (8 * i));
  for (u32 i = 0; i < size; i += 64) one(last + i);
}

/* 48 bytes: SHA-256, then MD5. */
EXPORT("finish") u8 *finish(void) {
  padded(sha_block, 1), padded(md5_block, 0);
  for (u32 i = 0; i < 32; i++) digests[i] = (u8)(sha[i / 4] >> (24 - 8 * (i % 4)));
  for (u32 i = 0; i < 16; i++) digests[32 + i] = (u8)(md5[i / 4] >> (8 * (i % 4)));
  return digests;
}

/* PDQ. */

#define GRID 64u
#define KEPT 16u
#define MIN_SIDE 5u

static const double COSINE[65] = { /* cos(pi * m / 128) */
    1.0, 0.9996988186962042, 0.9987954562051724, 0.9972904566786902, 0.9951847266721969, 0.99247953459871,
    0.989176509964781, 0.9852776423889412, 0.9807852804032304, 0.9757021300385286, 0.970031253194544,
    0.9637760657954398, 0.9569403357322088, 0.9495281805930367, 0.9415440651830208, 0.932992798834739,
    0.9238795325112867, 0.9142097557035307, 0.9039892931234433, 0.8932243011955153, 0.881921264348355,
    0.8700869911087115, 0.8577286100002721, 0.8448535652497071, 0.8314696123025452, 0.8175848131515837,
    0.8032075314806449, 0.7883464276266063, 0.773010453362737, 0.7572088465064846, 0.7409511253549591,
    0.724247082951467, 0.7071067811865476, 0.6895405447370669, 0.6715589548470183, 0.6531728429537768,
    0.6343932841636455, 0.6152315905806268, 0.5956993044924335, 0.5758081914178453, 0.5555702330196023,
    0.5349976198870973, 0.5141027441932217, 0.4928981922297841, 0.4713967368259978, 0.4496113296546066,
    0.4275550934302822, 0.40524131400498986, 0.38268343236508984, 0.3598950365349883, 0.33688985339222005,
    0.3136817403988916, 0.29028467725446233, 0.2667127574748984, 0.24298017990326398, 0.21910124015686977,
    0.19509032201612833, 0.17096188876030136, 0.14673047445536175, 0.12241067519921628, 0.09801714032956077,
    0.07356456359966745, 0.049067674327418126, 0.024541228522912264, 6.123233995736766e-17};

static double cosine(u32 m) { /* cos(pi * m / 128) for any m */
  m %= 256;
  if (m > 128) m = 256 - m;
  return m > 64 ? -COSINE[128 - m] : COSINE[m];
}

static u8 hashed[33];
static float grid[GRID][GRID];

/* The weights of one sample of a side after the box filter ran twice, into `row`; from `*low` up to `*high`. */
static void fill_weights(u32 full, u32 window, u32 sample, double *row, u32 *low, u32 *high) {
  u32 after = (window + 2) / 2, before = window - after;
  u32 first = sample > before ? sample - before : 0, end = sample + after < full ? sample + after : full;
  *low = first > before ? first - before : 0;
  *high = end - 1 + after < full ? end - 1 + after : full;
  for (u32 i = *low; i <= *high; i++) row[i] = 0;
  for (u32 pixel = first; pixel < end; pixel++) {
    u32 a = pixel > before ? pixel - before : 0, b = pixel + after < full ? pixel + after : full;
    double share = 1.0 / ((double)(end - first) * (b - a));
    row[a] += share, row[b] -= share;
  }
  for (u32 i = *low + 1; i < *high; i++) row[i] += row[i - 1];
}

static u32 window_of(u32 full) { return (full + 2 * GRID - 1) / (2 * GRID); }
static u32 sample_of(u32 i, u32 full) { return (u32)((i + 0.5) * full / 64); }

static void shrink(const u8 *pixels, u32 width, u32 height, u8 *work) {
  u32 longest = 2 * window_of(width) + 5, low[GRID], count[GRID], top, bottom;
  double *row = (double *)work;
  float *weights = (float *)(row + (width > height ? width : height) + 2), *line = weights + GRID * longest;
  for (u32 j = 0; j < GRID; j++) {
    fill_weights(width, window_of(width), sample_of(j, width), row, &low[j], &top);
    count[j] = top - low[j];
    for (u32 k = 0; k < count[j]; k++) weights[j * longest + k] = (float)row[low[j] + k];
  }
  for (u32 i = 0; i < GRID; i++) {
    fill_weights(height, window_of(height), sample_of(i, height), row, &top, &bottom);
    for (u32 c = 0; c < width; c++) line[c] = 0;
    for (u32 r = top; r < bottom; r++) {
      float weight = (float)row[r];
      const u8 *p = pixels + (u64)r * width * 4;
      for (u32 c = 0; c < width; c++, p += 4) line[c] += weight * (float)((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 0x8000u) >> 16);
    }
    for (u32 j = 0; j < GRID; j++) {
      float sum = 0;
      for (u32 k = 0; k < count[j]; k++) sum += weights[j * longest + k] * line[low[j] + k];
      grid[i][j] = sum;
    }
  }
}

static u32 quality(void) {
  u64 sum = 0;
  for (u32 i = 0; i < GRID; i++)
    for (u32 j = 0; j < GRID; j++) {
      if (i + 1 < GRID) sum += (u32)__builtin_abs((int)((grid[i][j] - grid[i + 1][j]) * 100.0f / 255.0f));
      if (j + 1 < GRID) sum += (u32)__builtin_abs((int)((grid[i][j] - grid[i][j + 1]) * 100.0f / 255.0f));
    }
  return sum / 90 > 100 ? 100 : (u32)(sum / 90);
}

static void transform(float kept[KEPT * KEPT]) {
  static float cosines[KEPT][GRID], half[KEPT][GRID];
  for (u32 k = 0; k < KEPT; k++)
    for (u32 j = 0; j < GRID; j++) cosines[k][j] = (float)(0.17677669529663687 * cosine((k + 1) * (2 * j + 1)));
  for (u32 i = 0; i < KEPT; i++)
    for (u32 j = 0; j < GRID; j++) {
      half[i][j] = 0;
      for (u32 k = 0; k < GRID; k++) half[i][j] += cosines[i][k] * grid[k][j];
    }
  for (u32 i = 0; i < KEPT; i++)
    for (u32 j = 0; j < KEPT; j++) {
      float sum = 0;
      for (u32 k = 0; k < GRID; k++) sum += half[i][k] * cosines[j][k];
      kept[i * KEPT + j] = sum;
    }
}

static float lower_median(const float *values) { /* the 128th smallest of 256 */
  float sorted[256];
  for (u32 i = 0; i < 256; i++) {
    u32 at = i;
    for (; at > 0 && sorted[at - 1] > values[i]; at--) sorted[at] = sorted[at - 1];
    sorted[at] = values[i];
  }
  return sorted[127];
}

/* 33 bytes, PDQ and its quality, of the RGBA pixels that lie at `room`, none of which is transparent; 0 where there is none. */
EXPORT("pdq") u8 *pdq(u32 width, u32 height) {
  u64 pixels = (u64)width * height * 4, longer = width > height ? width : height;
  if (width < MIN_SIDE || height < MIN_SIDE) return 0;
  u8 *begin_at = arena(pixels + 16 + (longer + 2) * 8 + (GRID * (2ull * window_of(width) + 5) + width) * 4);
  if (begin_at == 0) return 0;
  shrink(begin_at, width, height, begin_at + ((pixels + 15) & ~15ull));
  float kept[256];
  transform(kept);
  float median = lower_median(kept);
  for (u32 i = 0; i < 32; i++) hashed[i] = 0;
  for (u32 i = 0; i < 256; i++)
    if (kept[i] > median) hashed[(255 - i) >> 3] |= (u8)(128u >> ((255 - i) & 7));
  hashed[32] = (u8)quality();
  return hashed;
}
