; What a scenario came to, as a line of text at port E9h.

bits 32
report:
        mov al, 'R'
        call put
        mov eax, [index]
        call put_number
        mov esi, record
        mov ecx, RECORD_size / 4
.field:
        lodsd
        call put_number
        loop .field
        mov al, ' '
        call put
        mov al, 'M'
        call put
        call report_changes
        jmp put_line

; Prints address and value of each doubleword of the arena that is not as before, and puts back what was there.
report_changes:
        xor esi, esi
        mov ecx, LOW_PAGES_END / 4
        call compare
        mov esi, TABLES
        mov ecx, (TABLES_END - TABLES) / 4
        test byte [state + STATE.cr0 + 3], CR0_PG >> 24
        jz done
compare:
        lea edi, [esi + SNAPSHOT]
.next:  repe cmpsd
        je done
        mov eax, [edi - 4]
        xchg eax, [esi - 4]
        cmp byte [is_quiet], 0
        jne .quiet
        push eax
        lea eax, [esi - 4]
        call put_number
        pop eax
        call put_number
.quiet: test ecx, ecx
        jnz .next
        ret

; EAX in hex without leading zeros, after a space.
put_number:
        push ecx
        push edx
        mov edx, eax
        mov al, ' '
        call put
        mov ecx, 8
.skip:  rol edx, 4
        test dl, 15
        jnz .digit
        loop .skip
        inc ecx
.digit: mov al, dl
        and al, 15
        cmp al, 10
        sbb al, 0x69
        das
        call put
        rol edx, 4
        loop .digit
        pop edx
        pop ecx
        ret

put_line:
        mov al, 10
put:    out CONSOLE, al
        ret

finish:
        mov al, 'E'
        call put
        call put_line
        mov esi, shutdown
        mov ecx, shutdown_end - shutdown
        mov dx, BOCHS_PORT
        rep outsb
        xor eax, eax
        out EXIT_PORT, eax
        hlt
shutdown:
        db 'Shutdown'
shutdown_end:
