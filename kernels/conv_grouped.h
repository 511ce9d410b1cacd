/* conv_grouped.h - sizes of the convolution in groups (conv_grouped_body.h). */
#ifndef ANEW_KERNELS_CONV_GROUPED_H
#define ANEW_KERNELS_CONV_GROUPED_H

#define ANEW_CONV_GROUPED_PIECE                                                                    \
    126 /* pixels of a call: as the direct convolution, which it calls */
#define ANEW_CONV_GROUPED_POINTERS 1024 /* most source rows and output blocks of a group */

#endif
