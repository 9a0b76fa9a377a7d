-- One row per item; complainants and free text go no further.
{{ stage('complaints', 'items') }}
