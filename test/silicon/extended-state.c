/*
 * x87, MXCSR and vector registers of a snippet, exchanged through the signal frame: the kernel loads them from there
 * when a signal handler returns, and puts them there when one is entered.
 *
 * A 64-bit frame has an XSAVE area in its standard format (APM vol 2 §11.5.2, vol 1 §18 of the 32-bit format). A 32-bit
 * frame has an FSAVE image in front, from which the kernel takes everything that is x87.
 */
#include "harness.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The FXSAVE image at the head of an XSAVE area (APM vol 2 Figure 11-9). */
struct fxsave_image {
  uint16_t control;
  uint16_t status;
  uint8_t tags;
  uint8_t zero;
  uint16_t opcode;
  uint64_t instructionPointer;
  uint64_t dataPointer;
  uint32_t mxcsr;
  uint32_t mxcsrMask;
  uint8_t st[8][16];
  uint8_t xmm[16][16];
  uint8_t reserved[48];
  uint32_t softwareMagic;
  uint32_t extendedBytes;
  uint64_t softwareFeatures;
  uint32_t softwareBytes;
  uint8_t softwareReserved[28];
};

/* The XSAVE header and the upper halves of the YMM registers, at the offset that every processor gives them. */
struct xsave_area {
  struct fxsave_image legacy;
  uint64_t present;
  uint64_t compaction;
  uint8_t headerReserved[48];
  uint8_t ymmHigh[16][16];
};

enum { COMPONENT_X87 = 1, COMPONENT_SSE = 2, COMPONENT_AVX = 4 };
#define SOFTWARE_MAGIC 0x46505853u /* FP_XSTATE_MAGIC1 of Linux: an XSAVE area follows */

#ifdef __x86_64__
#define FRAME_PREFIX 0
#else
/* FSAVE's image, 32-bit protected mode (APM vol 2 Figure 11-4), and a status word of Linux. */
struct fsave_image {
  uint32_t control;
  uint32_t status;
  uint32_t tags; /* two bits a register */
  uint32_t instructionPointer;
  uint32_t codeSelectorOpcode;
  uint32_t dataPointer;
  uint32_t dataSelector;
  uint8_t st[8][10];
  uint32_t magic;
};
#define FRAME_PREFIX sizeof(struct fsave_image)
#endif

#define X87_BYTES 10
#define TOP_OF(status) (((status) >> 11) & 7)

static struct xsave_area *areaOf(const mcontext_t *context) {
  struct xsave_area *area = (struct xsave_area *)((uint8_t *)context->fpregs + FRAME_PREFIX);
  if (area->legacy.softwareMagic != SOFTWARE_MAGIC || (area->legacy.softwareFeatures & COMPONENT_AVX) == 0) {
    fputs("the signal frame has no XSAVE area with AVX\n", stderr);
    exit(2);
  }
  return area;
}

#ifndef __x86_64__
/* Tag words as FSAVE has them: what is not empty is said to be valid. */
static uint32_t fullTags(unsigned tags) {
  uint32_t full = 0;
  for (int i = 0; i < 8; i++) full |= (tags >> i & 1) ? 0 : 3u << (2 * i);
  return full;
}

static void loadPrefix(mcontext_t *context, const struct fxsave_image *image) {
  struct fsave_image *prefix = (struct fsave_image *)context->fpregs;
  prefix->control = image->control;
  prefix->status = image->status;
  prefix->tags = fullTags(image->tags);
  prefix->instructionPointer = (uint32_t)image->instructionPointer;
  prefix->codeSelectorOpcode = (uint32_t)image->opcode << 16;
  prefix->dataPointer = (uint32_t)image->dataPointer;
  for (int i = 0; i < 8; i++) memcpy(prefix->st[i], image->st[i], X87_BYTES);
}
#endif

void loadExtendedState(mcontext_t *context, const struct extended_state *state) {
  struct xsave_area *area = areaOf(context);
  struct fxsave_image *image = &area->legacy;
  image->control = state->control;
  image->status = state->status;
  image->tags = (uint8_t)state->tags;
  image->opcode = state->opcode;
  image->instructionPointer = state->instructionPointer;
  image->dataPointer = state->dataPointer;
  image->mxcsr = state->mxcsr;
  for (int i = 0; i < 8; i++) memcpy(image->st[i], &state->x87[(TOP_OF(state->status) + i) & 7], X87_BYTES);
  for (int i = 0; i < 16; i++) {
    memcpy(image->xmm[i], state->ymm[i], 16);
    memcpy(area->ymmHigh[i], state->ymm[i] + 16, 16);
  }
  area->present |= COMPONENT_X87 | COMPONENT_SSE | COMPONENT_AVX;
#ifndef __x86_64__
  loadPrefix(context, image);
#endif
}

/* Components that the processor knows to be in their initial state may not have been written. */
void saveExtendedState(const mcontext_t *context, struct extended_state *state) {
  const struct xsave_area *area = areaOf(context);
  const struct fxsave_image *image = &area->legacy;
  memset(state, 0, sizeof *state);
  state->mxcsr = image->mxcsr;
  state->control = 0x37f;
  if (area->present & COMPONENT_X87) {
    state->control = image->control;
    state->status = image->status;
    state->tags = image->tags;
    state->opcode = image->opcode;
    state->instructionPointer = image->instructionPointer;
    state->dataPointer = image->dataPointer;
    for (int i = 0; i < 8; i++) memcpy(&state->x87[(TOP_OF(image->status) + i) & 7], image->st[i], X87_BYTES);
  }
  for (int i = 0; i < 16; i++) {
    if (area->present & COMPONENT_SSE) memcpy(state->ymm[i], image->xmm[i], 16);
    if (area->present & COMPONENT_AVX) memcpy(state->ymm[i] + 16, area->ymmHigh[i], 16);
  }
}
