; %arg, %local and %stacksize.
bits 32
%push first
%stacksize flat
%assign %$localsize 0
%arg count:dword, letter:byte, far_pointer:qword
%local i:dword, buffer:oword, flag:byte
%local more:tword
first:
enter %$localsize, 0
mov eax, [count]
mov bl, [letter]
mov [i], eax
mov ecx, [far_pointer + 4]
mov byte [buffer + 3], 1
mov [flag], bl
fld tword [more]
leave
ret
%pop

%push second
%stacksize small
%assign %$localsize 4
%arg x:word, y:dword
%arg z:byte
%local a:byte, b:yword
bits 16
second:
enter %$localsize, 0
mov ax, [x]
mov eax, [y]
mov al, [z]
mov [a], al
mov [b], ax
%pop

%push third
%stacksize LARGE
%assign %$localsize 0
%arg p:word
%local q:word
mov ax, [p]
mov [q], ax
%pop

%push fourth
%stacksize flat64
%assign %$localsize 0
%arg p:word, r:tword, s:qword
%local q:word, t:qword
bits 64
mov ax, [p]
mov rcx, [s]
mov [q], ax
mov [t], rcx
sub rsp, %$localsize
%pop
