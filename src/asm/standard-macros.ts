/** NASM's own macros that are written in its language: structures. */

export const STANDARD_MACROS_FILE = '(standard macros)';

// What STRUC opens, ENDSTRUC closes: a context that remembers its name, and an ABSOLUTE section for its fields.
export const STANDARD_MACROS = `
%imacro struc 1-2.nolist 0
%push struc
%define %$name %1
[absolute %2]
%1:
%endmacro
%imacro endstruc 0.nolist
%{$name}_size equ $ - %$name
%pop struc
__SECT__
%endmacro
%imacro istruc 1.nolist
%push istruc
%define %$name %1
%$start:
%endmacro
%imacro at 1-2+.nolist
%defstr %$field %1
%substr %$first %$field 1
%ifidn %$first, '.'
times (%{$name}%1 - %$name) - ($ - %$start) db 0
%else
times (%1 - %$name) - ($ - %$start) db 0
%endif
%2
%endmacro
%imacro iend 0.nolist
times %{$name}_size - ($ - %$start) db 0
%pop istruc
%endmacro
`;
