-- One row per certificate.
{{ stage('data_ip', 'registrations') }}
